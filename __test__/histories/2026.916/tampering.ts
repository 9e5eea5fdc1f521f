// Changes by other clients to the tables of 2026.916.

import fc from "fast-check";

import { reference } from "../arbitrary/id.js";
import type { Kind, Tampering } from "../step.js";

type Columns = [Kind, string, string, fc.Arbitrary<unknown>][];

/**
 * What survives a way through JavaScript: the original reads metadata and writes it back when a status is patched or
 * a local environment is adopted, which changes numbers and does not work with half a surrogate pair.
 */
const plainJson = fc.constantFrom<unknown>(
  "{}",
  "[]",
  "null",
  "5",
  "0",
  '""',
  '"text"',
  "true",
  "false",
  '[{"a": 1}, "_paperclipManagedArchiveToken"]',
  '{"a": {"b": [1, 2.5]}, "remoteExecutionTermination": 1}',
  '{"managedByPaperclip": true}',
  '{"managedByPaperclip": "true"}',
  '{"managedByPaperclip": false, "_paperclipManagedArchiveToken": "7"}',
  '{"managedKubernetesSandbox": true, "a": null}',
  '{"_paperclipManagedArchiveToken": 5}',
);

/** With the metadata of environments plain, and with their variables. */
export function columnsOf2026916(columns: Columns): Columns {
  const others = columns.filter(([kind, , column]) => kind !== "environment" || column !== "metadata");
  return [
    ...others,
    ["environment", "environments", "metadata", plainJson],
    ["environment", "environments", "env_vars", plainJson],
    ["environment", "environments", "name", fc.constantFrom("Local", "first", "Kubernetes Sandbox", "other")],
    ["lease", "environment_leases", "status", fc.constantFrom("pending_cleanup", "retained", "released")],
    ["lease", "environment_leases", "lease_policy", fc.constant("reuse_by_environment")],
  ];
}

const statement = (sql: string, ...parameters: fc.Arbitrary<unknown>[]): fc.Arbitrary<Tampering> =>
  fc.tuple(...parameters).map((values) => ({ sql, parameters: values }));

const reused = "update environment_leases set lease_policy = 'reuse_by_environment', status = 'released'";

export const tamperingOf2026916: fc.Arbitrary<Tampering> = fc.oneof(
  statement("update instance_settings set default_environment_id = $1", reference("environment")),
  statement("update instance_settings set default_environment_id = null"),
  statement("update agents set default_environment_id = $1", reference("environment")),
  statement(
    "update issues set execution_workspace_settings = jsonb_build_object('environmentId', $1::text) where id = $2",
    reference("environment"),
    reference("issue"),
  ),
  statement(
    "update execution_workspaces set metadata = jsonb_build_object('config', jsonb_build_object('environmentId', $1::text)) where id = $2",
    reference("environment"),
    reference("workspace"),
  ),
  statement(
    "update projects set execution_workspace_policy = jsonb_build_object('environmentId', $1::text)",
    reference("environment"),
  ),
  statement(
    `${reused}, execution_workspace_id = $1, provider_lease_id = 'sandbox' where id = $2`,
    reference("workspace"),
    reference("lease"),
  ),
  statement("delete from built_in_managed_resources where company_id = $1", reference("company")),
  statement(
    "update built_in_managed_resources set stock_hash = 'other' where company_id = $1",
    reference("company"),
  ),
  statement("update environments set status = 'archived' where driver = 'sandbox'"),
  statement("update environments set description = 'edited' where id = $1", reference("environment")),
);
