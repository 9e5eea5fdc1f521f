// Faults that a service could have. Each is put between the addon and the tests, which must find it.

import type postgres from "postgres";

import { methodNames } from "../support/methods.js";
import type { EnvironmentService } from "../support/provider.js";

type Row = Record<string, unknown>;
type AnyMethod = (...args: unknown[]) => Promise<unknown>;
export type Fault = (service: EnvironmentService, sql: postgres.Sql) => EnvironmentService;

/** Does something to each row that any method resolves to. */
function onRows(change: (row: Row, sql: postgres.Sql) => Row | Promise<Row>): Fault {
  return (service, sql) => {
    const changed = (row: unknown) =>
      typeof row === "object" && row !== null ? change(row as Row, sql) : row;
    const faulty = methodNames.map((name): [string, AnyMethod] => [
      name,
      async (...args) => {
        const result = await (service[name] as AnyMethod)(...args);
        return Array.isArray(result) ? Promise.all(result.map(changed)) : changed(result);
      },
    ]);
    return { ...service, ...Object.fromEntries(faulty) };
  };
}

/** Does something to each error that any method rejects with. */
function onErrors(change: (error: Row) => void): Fault {
  return (service) => {
    const faulty = methodNames.map((name): [string, AnyMethod] => [
      name,
      async (...args) => {
        try {
          return await (service[name] as AnyMethod)(...args);
        } catch (error) {
          change(error as Row);
          throw error;
        }
      },
    ]);
    return { ...service, ...Object.fromEntries(faulty) };
  };
}

const swappedKeys = onRows(({ id, companyId, ...rest }) => ({ companyId, id, ...rest }));

const roundedMicroseconds = onRows(async (row, sql) => {
  if (!("driver" in row)) return row;
  const [stored] = await sql.unsafe<{ rounded: string }[]>(
    "select date_trunc('milliseconds', updated_at + interval '500 microseconds')::text as rounded from environments where id = $1",
    [row["id"] as string],
  );
  return stored ? { ...row, updatedAt: new Date(stored.rounded) } : row;
});

const lostNull = onRows((row) =>
  "description" in row ? { ...row, description: row["description"] ?? undefined } : row,
);

const bareConfig = onRows((row) =>
  "config" in row ? { ...row, config: Object.assign(Object.create(null), row["config"]) } : row,
);

const cutText = onRows((row) => ("name" in row ? { ...row, name: String(row["name"]).slice(0, 1000) } : row));

const wrongState = onErrors((error) => {
  if (error["code"] === "23503") error["code"] = "23505";
});

const wrongConstraint = onErrors((error) => {
  if (error["constraint_name"] !== undefined) error["constraint_name"] = error["table_name"];
});

const emptyTextFilters: Fault = (service) => ({
  ...service,
  list: async (companyId, filters) => {
    const rows = await service.list(companyId, filters);
    return filters?.status === "" ? rows.filter(({ status }) => (status as string) === "") : rows;
  },
});

const laterClock: Fault = (service, sql) => ({
  ...service,
  releaseLease: async (...args) => {
    const lease = await service.releaseLease(...args);
    if (lease)
      await sql.unsafe(
        "update environment_leases set updated_at = updated_at + '1 microsecond' where id = $1",
        [lease.id],
      );
    return lease;
  },
});

const writesWhatItRefuses: Fault = (service, sql) => ({
  ...service,
  releaseLease: async (id, status, ...rest) => {
    try {
      return await service.releaseLease(id, status, ...rest);
    } catch (error) {
      if (/^Unexpected environment lease status/.test((error as Error).message)) {
        await sql
          .unsafe("update environment_leases set status = 'failed' where id = $1", [id])
          .catch(() => {});
      }
      throw error;
    }
  },
});

const answersOfOthers: Fault = (service) => {
  let last: Promise<unknown> | null = null;
  return {
    ...service,
    // Two calls at once: the second is given the first one's answer.
    getById: (id) => {
      const answer = last ?? service.getById(id);
      last = last ? null : answer;
      void answer.then(
        () => (last = null),
        () => (last = null),
      );
      return answer as ReturnType<EnvironmentService["getById"]>;
    },
  };
};

/** Faults that a history shows, and what the comparison says of them. */
export const faultsOfOneCaller: [string, Fault, RegExp][] = [
  ["a swapped key order", swappedKeys, /: the keys /],
  ["a rounded microsecond", roundedMicroseconds, /updatedAt: /],
  ["a lost null", lostNull, /description: undefined and null/],
  ["an object without a prototype", bareConfig, /config: of different prototypes/],
  ["text that is cut", cutText, /name: /],
  ["a wrong SQLSTATE", wrongState, /error\.code: "23505" and "23503"/],
  ["a wrong constraint", wrongConstraint, /error\.constraint_name: /],
  ["a filter that takes empty text for a word", emptyTextFilters, /list.*the keys /],
  ["a microsecond too many in the table", laterClock, /updatedAt: |the tables at the end/],
  [
    "something written by a call that is refused",
    writesWhatItRefuses,
    /status: |the tables at the end|the keys |detail: /,
  ],
  ["the answer of another call", answersOfOthers, /getById \(call/],
];

/** Looks before it inserts. */
export const secondLocalEnvironment: Fault = (service) => ({
  ...service,
  ensureLocalEnvironment: async (companyId) => {
    const [found] = await service.list(companyId, { driver: "local" });
    return found ?? service.create(companyId, { name: "Local", driver: "local" });
  },
});

/** Looks for active leases before it releases them. */
export const releasedTwice: Fault = (service, sql) => ({
  ...service,
  releaseLeasesForRun: async (run, status) => {
    const rows = await sql.unsafe<{ id: string }[]>(
      "select id::text from environment_leases where heartbeat_run_id = $1 and status = 'active'",
      [run],
    );
    const released = await Promise.all(rows.map(({ id }) => service.releaseLease(id, status)));
    return released.filter((lease) => lease !== null);
  },
});

const STALE_FOR = 8;

/** Reads of a lease are answered from a memory that lasts some milliseconds. */
export const staleRead: Fault = (service) => {
  const memory = new Map<string, { until: number; answer: ReturnType<EnvironmentService["getLeaseById"]> }>();
  return {
    ...service,
    getLeaseById: (id) => {
      const now = performance.now();
      const known = memory.get(id);
      if (known && known.until > now) return known.answer;
      const answer = service.getLeaseById(id);
      memory.set(id, { until: now + STALE_FOR, answer });
      return answer;
    },
  };
};

/** A change of one field writes back the others as it has read them. */
export const lostUpdate: Fault = (service) => ({
  ...service,
  update: async (id, patch) => {
    const row = await service.getById(id);
    return service.update(id, row ? { name: row.name, description: row.description, ...patch } : patch);
  },
});
