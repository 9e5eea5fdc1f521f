import type postgres from "postgres";

import { until } from "./until.js";

/** What `pg_stat_activity` says of this database, but for the one who asks. */
export interface Connections {
  /** How many there are of this name. */
  count(applicationName: string): Promise<number>;
  pids(applicationName: string): Promise<number[]>;
  /** Waits until there are none. */
  gone(applicationName: string): Promise<void>;
  /** How many statements wait for a lock. */
  waiting(): Promise<number>;
}

export function connectionsOf(sql: postgres.Sql): Connections {
  const pids = async (applicationName: string): Promise<number[]> => {
    const rows = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = ${applicationName}
      order by pid`;
    return rows.map(({ pid }) => pid);
  };
  const count = async (applicationName: string): Promise<number> => (await pids(applicationName)).length;
  return {
    pids,
    count,
    gone: (applicationName) =>
      until(
        `the connections of "${applicationName}" are gone`,
        async () => (await count(applicationName)) === 0,
      ),
    waiting: async () => {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return row?.count ?? 0;
    },
  };
}
