// The faults of the server and the connections while the callers run.

import { setTimeout as pause } from "node:timers/promises";

import postgres from "postgres";

/**
 * @typedef {object} World
 * @property {import("../support/server/postgres-server.mjs").PostgresServer} server
 * @property {import("./proxy.mjs").Proxy} proxy
 * @property {import("./random.mjs").Random} random
 * @property {string} applicationName by which the callers' sessions are known
 */

/** @typedef {(world: World) => Promise<number>} Fault how many connections, or servers, it has struck */

/** @param {import("./proxy.mjs").Harm} harm @returns {Fault} */
const harm =
  (harm) =>
  async ({ proxy, random }) => {
    const links = proxy.links.filter(() => random.chance(0.5));
    for (const link of links) link.plan(harm, random.chance(0.5));
    if (harm !== "hold") return links.length;
    await pause(random.below(1_500));
    for (const link of links) link.cut(random.chance(0.5));
    return links.length;
  };

/** @param {string} action @returns {Fault} */
const onSessions =
  (action) =>
  async ({ server, random, applicationName }) => {
    const sql = postgres(server.url, { max: 1, onnotice: () => {} });
    try {
      const share = random.chance(0.5) ? 1 : 0.3;
      const struck = await sql.unsafe(
        `select ${action}(pid) from pg_stat_activity where application_name = $1 and random() < $2`,
        [applicationName, share],
      );
      return struck.length;
    } finally {
      await sql.end({ timeout: 1 });
    }
  };

/** @param {(world: World) => Promise<void>} end @returns {Fault} */
const restart = (end) => async (world) => {
  await end(world);
  // Now and then long enough for the callers to notice.
  if (world.random.chance(0.3)) await pause(world.random.below(2_000));
  await world.server.start();
  return 1;
};

/** Each with how often it comes, beside the others. @type {Record<string, [weight: number, Fault]>} */
export const FAULTS = {
  "cut before": [12, harm("before")],
  "cut after": [12, harm("after")],
  "cut within": [12, harm("within")],
  "held in silence, then cut": [6, harm("hold")],
  "backends terminated": [10, onSessions("pg_terminate_backend")],
  "statements cancelled": [4, onSessions("pg_cancel_backend")],
  "server restarted, fast": [4, restart(({ server }) => server.stop("fast"))],
  "server restarted, immediate": [4, restart(({ server }) => server.stop("immediate"))],
  "server killed": [6, restart(({ server }) => server.kill())],
};

/**
 * Does one thing after another until the time is over.
 *
 * @param {World} world
 * @param {number} until milliseconds, as performance.now() has them
 * @returns {Promise<Map<string, number>>} how often each has struck
 */
export async function plant(world, until) {
  const { random } = world;
  const lot = Object.entries(FAULTS).flatMap(([name, [weight]]) => Array(weight).fill(name));
  const struck = new Map(Object.keys(FAULTS).map((name) => [name, 0]));
  while (performance.now() < until) {
    await pause(random.below(1_600));
    const name = random.pick(lot);
    const [, fault] = FAULTS[name] ?? [];
    if (fault && (await fault(world)) > 0) struck.set(name, (struck.get(name) ?? 0) + 1);
  }
  return struck;
}
