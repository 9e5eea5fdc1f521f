// The tests that a second pass, on another Node or another PostgreSQL, leaves out because their outcome does not depend
// on it. `npm test` runs all of them. vitest.config.mts reads the variable.

import { existsSync } from "node:fs";

/** The outcome depends on Rust, and on what another program or a proxy sends. */
const OF_THE_CONNECTION = [
  "__test__/addon/garbled.test.ts",
  "__test__/addon/hostile-peers.test.ts",
  "__test__/addon/silence.test.ts",
];

/** The outcome depends on Rust, SQL or the repository's files. `__test__/command/` calls all of maintenance. */
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

/** The outcome depends on JavaScript, or on sizes. */
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
