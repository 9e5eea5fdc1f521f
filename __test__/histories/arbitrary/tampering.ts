import fc from "fast-check";

import { isByCompany } from "../../support/generation.js";
import { columnsOf2026916, tamperingOf2026916 } from "../2026.916/tampering.js";
import type { Kind, Tampering } from "../step.js";
import { rawTimestamp } from "./date.js";
import { reference } from "./id.js";
import { rawJson } from "./json.js";

const WORDS = fc.constantFrom<unknown>(
  "docker",
  "",
  "LOCAL",
  "active ",
  "null",
  "🚀 'q' \"d\" \\",
  "line\nbreak",
  "pending_cleanup",
);
const GOOD = fc.constantFrom<unknown>("active", "released", "ssh", "ephemeral", "failed", "archived");

const words = fc.oneof({ weight: 1, arbitrary: WORDS }, { weight: 2, arbitrary: GOOD });

const COLUMNS_OF_BOTH: [Kind, string, string, fc.Arbitrary<unknown>][] = [
  ["environment", "environments", "driver", fc.oneof(words, fc.constantFrom<unknown>("local", "ssh", "ssh"))],
  ["environment", "environments", "status", words],
  ["environment", "environments", "config", rawJson],
  ["environment", "environments", "metadata", rawJson],
  ["environment", "environments", "created_at", rawTimestamp],
  ["environment", "environments", "updated_at", rawTimestamp],
  ["lease", "environment_leases", "status", words],
  ["lease", "environment_leases", "lease_policy", words],
  ["lease", "environment_leases", "cleanup_status", words],
  ["lease", "environment_leases", "metadata", rawJson],
  ["lease", "environment_leases", "acquired_at", rawTimestamp],
  ["lease", "environment_leases", "last_used_at", rawTimestamp],
  ["lease", "environment_leases", "expires_at", rawTimestamp],
  ["lease", "environment_leases", "released_at", rawTimestamp],
  ["lease", "environment_leases", "created_at", rawTimestamp],
  ["lease", "environment_leases", "updated_at", rawTimestamp],
];

const COLUMNS = isByCompany ? COLUMNS_OF_BOTH : columnsOf2026916(COLUMNS_OF_BOTH);

const change = fc.constantFrom(...COLUMNS).chain(([kind, table, column, values]) =>
  fc.tuple(values, reference(kind)).map(([value, id]): Tampering => {
    return { sql: `update ${table} set ${column} = $1 where id = $2`, parameters: [value, id] };
  }),
);

/** Deserves to be rare: what hangs on a company goes with it. */
const removal = fc
  .constantFrom<[Kind, string]>(
    ["run", "heartbeat_runs"],
    ["issue", "issues"],
    ["workspace", "execution_workspaces"],
    ["company", "companies"],
  )
  .chain(([kind, table]) =>
    reference(kind).map((id): Tampering => ({ sql: `delete from ${table} where id = $1`, parameters: [id] })),
  );

/** What somebody else does to the tables. */
export const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  { weight: 20, arbitrary: change },
  { weight: 1, arbitrary: removal },
  ...(isByCompany ? [] : [{ weight: 6, arbitrary: tamperingOf2026916 }]),
);
