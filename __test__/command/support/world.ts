import { afterEach } from "vitest";

import type { TestDatabase } from "../../support/database.js";
import { openMigrated, openTables } from "../../maintenance/support/tables.js";
import {
  ago,
  standOn,
  type Columns,
  type Place,
  type Stand,
  type Value,
} from "../../maintenance/support/stand.js";
import { command, SECRET, type CommandOptions, type Ended } from "./command.js";

export interface World extends Omit<Stand, "run"> {
  /** The command on this database. */
  run(args: string[], options?: CommandOptions): Promise<Ended>;
  /** A run that goes on. */
  liveRun(companyId: string): Promise<string>;
  /** A run that succeeds at this time. */
  runEnding(companyId: string, finish: Value): Promise<string>;
  /** An environment whose configuration nobody may be shown. */
  place(columns?: Columns): Promise<Place>;
  /** A lease whose metadata nobody may be shown. */
  lease(place: Place, columns?: Columns): Promise<string>;
  /** One whose run has finished an hour ago. */
  stale(place: Place, columns?: Columns): Promise<string>;
  /** One that was released and last used long ago. */
  old(place: Place, columns?: Columns): Promise<string>;
  /** All rows. */
  snapshot: TestDatabase["snapshot"];
  /** Deletes all leases. */
  clear(): Promise<void>;
}

/** A database of this test file, with tables of T1 or T4 unless one is given. */
export async function openWorld(tables: "T1" | "T4" | TestDatabase = "T4"): Promise<World> {
  const database = typeof tables === "string" ? await openTables(tables) : tables;
  const stand = await standOn(database);
  const secret = { metadata: JSON.stringify({ token: SECRET }) };
  const lease: World["lease"] = (place, columns) => stand.lease(place, { ...secret, ...columns });
  return {
    ...stand,
    run: (args, options) => command(args, { ...options, env: { DATABASE_URL: stand.url, ...options?.env } }),
    liveRun: (companyId) => stand.run(companyId),
    runEnding: (companyId, finish) => stand.run(companyId, { status: "succeeded", finished_at: finish }),
    place: (columns) => stand.place({ config: JSON.stringify({ password: SECRET }), ...secret, ...columns }),
    lease,
    stale: async (place, columns) =>
      lease(place, { heartbeat_run_id: await stand.finishedRun(place.companyId), ...columns }),
    old: (place, columns) =>
      lease(place, {
        ...{ status: "released", acquired_at: ago("100 days"), created_at: ago("100 days") },
        ...{ last_used_at: ago("100 days"), released_at: ago("100 days"), updated_at: ago("100 days") },
        ...columns,
      }),
    snapshot: database.snapshot,
    clear: async () => {
      await stand.sql.unsafe("delete from environment_leases");
    },
  };
}

/** Databases with the tables of each generation; those of T4 are `world`. */
export async function openWorlds() {
  const worlds = {
    T1: await openWorld("T1"),
    T2: await openWorld(await openMigrated("T2")),
    T3: await openWorld(await openMigrated("T3")),
    T4: await openWorld("T4"),
  };
  afterEach(async () => {
    for (const each of Object.values(worlds)) await each.clear();
  });
  return { worlds: Object.entries(worlds), world: worlds.T4 };
}
