import type postgres from "postgres";

/**
 * Does something while a lock is held, and lets go of it. What waits for the lock must not be awaited within.
 *
 * @param lock the statement that takes it
 */
export async function whileLocked(
  sql: postgres.Sql,
  lock: string,
  action: () => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction.unsafe(lock);
    await action();
  });
}

/** The statement that locks rows of the table, as an update of them would. */
export function rowLock(table: "environments" | "environment_leases", ...ids: string[]): string {
  return `select 1 from ${table} where id in (${ids.map((id) => `'${id}'`).join(", ")}) for update`;
}
