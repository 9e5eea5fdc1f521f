// The additions of 2026.916 to a world: a server with an activity log, and the caller's own transactions.

import type postgres from "postgres";

import type { Db } from "../../support/database.js";
import type { Outcome } from "../outcome.js";
import type { Call } from "../step.js";

interface Entry {
  companyId: string;
  entityId: string;
}

export interface Log {
  /** What the server was told since the last time, in one order. */
  takeLog(): Entry[];
  /** An environment has another id from now on. */
  rename(from: string, to: string): void;
}

export function logOf(server: { entries: { db: unknown; entry: Entry }[] } | null, db: Db): Log {
  const ids = new Map<string, string>();
  return {
    takeLog() {
      if (server === null) return [];
      const own = server.entries.filter((entry) => entry.db === db);
      for (const entry of own) server.entries.splice(server.entries.indexOf(entry), 1);
      const entries = own.map(({ entry }) => ({
        ...entry,
        entityId: ids.get(entry.entityId) ?? entry.entityId,
      }));
      return entries.sort((one, other) => one.companyId.localeCompare(other.companyId));
    },
    rename: (from, to) => void ids.set(from, to),
  };
}

type AnyMethod = (...args: unknown[]) => Promise<unknown>;

const UNDONE = new Error("undone");

/** Methods that make a call in a transaction, which is committed or not. */
export function inTransactions(service: object, db: Db): Record<string, AnyMethod> {
  const methods = service as Record<string, AnyMethod>;
  const within =
    (name: string): AnyMethod =>
    async (first, second, isKept) => {
      let outcome: { value: unknown } | undefined;
      const work = db.transaction(async (tx) => {
        outcome = { value: await methods[name]?.(first, second, { db: tx }) };
        if (isKept !== true) throw UNDONE;
      });
      await work.catch((error: unknown) => {
        if (error !== UNDONE) throw error;
      });
      return isKept === true ? outcome?.value : null;
    };
  return { createInTransaction: within("create"), updateInTransaction: within("update") };
}

/**
 * The original cannot release a lease whose metadata is a JSON scalar without a receipt: for as long as it does so,
 * the metadata is none.
 */
export async function repairing(
  sql: postgres.Sql,
  call: Call,
  answer: () => Promise<Outcome>,
): Promise<Outcome> {
  const [id, , options] = call.args as [unknown, unknown, Record<string, unknown> | null | undefined];
  if (call.method !== "releaseLease" || options?.["remoteExecutionTermination"]) return answer();
  const taken = await sql
    .unsafe<{ metadata: string }[]>(
      `update environment_leases t set metadata = null from environment_leases old
       where t.id = $1 and old.id = t.id and jsonb_typeof(old.metadata) not in ('object', 'array')
       returning old.metadata::text as metadata`,
      [id as string],
    )
    // The id is for the original to refuse.
    .catch(() => []);
  const outcome = await answer();
  const [scalar] = taken;
  if (scalar === undefined) return outcome;
  await sql.unsafe("update environment_leases set metadata = $1 where id = $2", [
    scalar.metadata,
    id as string,
  ]);
  if (!("value" in outcome)) return withMetadata(outcome, scalar.metadata);
  return { value: { ...(outcome.value as object), metadata: asDrizzleReads(scalar.metadata) } };
}

/** With the row's metadata in the words of a refusal, where they are the last but two. */
function withMetadata(outcome: { error: unknown }, metadata: string): Outcome {
  const error = outcome.error as { detail?: string };
  const shown = metadata.length > 64 ? `${metadata.slice(0, 64)}...` : metadata;
  error.detail = error.detail?.replace(/, null, ([^,]+, [^,]+\)\.)$/, (_, times) => `, ${shown}, ${times}`);
  return outcome;
}

/** Drizzle reads a text that is JSON once more. */
function asDrizzleReads(text: string): unknown {
  let value: unknown = JSON.parse(text);
  try {
    if (typeof value === "string") value = JSON.parse(value);
  } catch {
    // It is text and nothing else.
  }
  return typeof value === "object" && !Array.isArray(value) ? value : null;
}
