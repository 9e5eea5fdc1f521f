// Where neither the contract nor SQL fixes an order: rows that tie in all sort keys, and the rows of `returning`.

import type postgres from "postgres";

import { isUnexpectedValue, type Outcome } from "./outcome.js";
import type { Call } from "./step.js";

type Row = { id: string };

/** `ours`, if it has the same rows, in the order of `theirs`. */
export function releasedInAnyOrder(ours: Outcome, theirs: Outcome): Outcome {
  return reordered(ours, theirs, () => true);
}

const SORT_KEYS = {
  environments: "(updated_at, created_at)::text",
  environment_leases: "(last_used_at, created_at)::text",
};

/** `ours` with rows that tie in the order of `theirs`; the database says what ties, to its last microsecond. */
export async function orderedLikeTheirs(
  sql: postgres.Sql,
  table: keyof typeof SORT_KEYS,
  ours: Outcome,
  theirs: Outcome,
): Promise<Outcome> {
  if (!("value" in ours && "value" in theirs)) return ours;
  const rows = await sql.unsafe<{ id: string; keys: string }[]>(
    `select id::text, ${SORT_KEYS[table]} as keys from ${table}`,
  );
  const keys = new Map(rows.map((row) => [row.id, row.keys]));
  return reordered(ours, theirs, (one, other) => keys.get(one.id) === keys.get(other.id));
}

/** Puts each of our rows where they have the row of that id, if the row that we have there ties with it. */
function reordered(ours: Outcome, theirs: Outcome, tie: (one: Row, other: Row) => boolean): Outcome {
  if (!("value" in ours && "value" in theirs)) return ours;
  const [own, wanted] = [ours.value as Row[], theirs.value as Row[]];
  if (!Array.isArray(own) || own.length !== wanted.length) return ours;
  const byId = new Map(own.map((row) => [row.id, row]));
  const moved = wanted.map(({ id }, n) => {
    const row = byId.get(id);
    return row && own[n] && tie(row, own[n]) ? row : undefined;
  });
  return moved.includes(undefined) || byId.size !== own.length ? ours : { value: moved };
}

/**
 * Whether both sides met a value outside its set, in rows that no order puts one before the other. It is enough
 * that some row holds the value that was named: which one came first is told by the lists that succeed.
 */
export async function unexpectedInAnyOrder(
  sql: postgres.Sql,
  method: Call["method"],
  ours: Outcome,
  theirs: Outcome,
): Promise<boolean> {
  const [one, other] = [isUnexpectedValue(ours), isUnexpectedValue(theirs)];
  if (one === null || other === null || one === other) return false;
  if (method === "list")
    return tied(sql, "environments", "updated_at, created_at", ENVIRONMENT_MESSAGE, [one, other]);
  if (method === "listLeases") {
    return tied(sql, "environment_leases", "last_used_at, created_at", LEASE_MESSAGE, [one, other]);
  }
  if (method === "releaseLeasesForRun") {
    return tied(sql, "environment_leases", "heartbeat_run_id, last_used_at", LEASE_MESSAGE, [one, other]);
  }
  return false;
}

const outside = (set: string, column: string, values: string) =>
  `when ${column} not in (${values}) then 'Unexpected environment ${set} value: ' || ${column}`;

const ENVIRONMENT_MESSAGE = `case
  ${outside("driver", "driver", "'local', 'ssh', 'sandbox', 'plugin'")}
  ${outside("status", "status", "'active', 'archived'")} end`;

const LEASE_MESSAGE = `case
  ${outside("lease status", "status", "'active', 'released', 'expired', 'failed', 'retained'")}
  ${outside("lease policy", "lease_policy", "'ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure'")}
  ${outside("lease cleanup status", "cleanup_status", "'pending', 'success', 'failed'")} end`;

/** Whether rows that tie give both messages. */
async function tied(
  sql: postgres.Sql,
  table: string,
  keys: string,
  message: string,
  messages: string[],
): Promise<boolean> {
  const rows = await sql.unsafe(
    `select 1 from (select ${message} as message, ${keys} from ${table}) t
     where message in ($1, $2) group by ${keys} having count(distinct message) = 2`,
    messages,
  );
  return rows.length > 0;
}
