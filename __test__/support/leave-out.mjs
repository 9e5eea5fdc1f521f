// What a second pass leaves out, on another Node or another PostgreSQL: tests whose outcome depends on neither. All of
// them are run by `npm test`. vitest.config.mts reads the variable.

import { existsSync } from "node:fs";

/** Decided in Rust, by what another program or a proxy sends over the connection. */
const OF_THE_CONNECTION = [
  "__test__/addon/garbled.test.ts",
  "__test__/addon/hostile-peers.test.ts",
  "__test__/addon/silence.test.ts",
];

/** Decided in Rust, in SQL, or in the repository's files. `__test__/command/` calls all of maintenance. */
export const WITHOUT_NODE = [
  ...OF_THE_CONNECTION,
  "__test__/addon/idle-sessions.test.ts",
  "__test__/addon/lost-connections.test.ts",
  "__test__/addon/policies.test.ts",
  "__test__/addon/remove.test.ts",
  "__test__/addon/triggers-and-lost-connections.test.ts",
  "__test__/histories/",
  "__test__/maintenance/",
  "__test__/soak/",
  "__test__/structure/",
  "__test__/support/",
  "__test__/upstream/",
];

/** Decided in JavaScript, or by sizes. */
export const WITHOUT_POSTGRES = [
  ...OF_THE_CONNECTION,
  "__test__/addon/environment-variables.test.ts",
  "__test__/addon/limits.test.ts",
  "__test__/addon/loading.test.ts",
  "__test__/addon/process.test.ts",
  "__test__/addon/source/",
];

/** @param {string[]} tests @returns {{ LEAVE_OUT: string }} for the environment of vitest */
export function leaveOut(tests) {
  const gone = tests.filter((test) => !existsSync(new URL(`../../${test}`, import.meta.url)));
  if (gone.length > 0) throw new Error(`There is no ${gone.join(", ")}`);
  return { LEAVE_OUT: tests.map((test) => (test.endsWith("/") ? `${test}**` : test)).join(" ") };
}
