// Written by the build from src/paperclip/, never by hand.
"use strict";

/** Paperclip 2026.916: from the columns of a reply to what callers get. One object literal a row, so that all
 * have one shape, with the keys in their order. */

const { at, dateOrNull } = require("../reply");

/** @typedef {import("../reply").Columns} Columns */

module.exports = {
  /** The tables that the generation fits, as `src/paperclip/found.rs` names them. */
  fits: "T4",

  /** The methods whose calls about the same row, which their first argument names, take effect in order. */
  ordered: new Set([
    "update",
    "remove",
    "removeIfDeletable",
    "releaseLease",
    "updateLeaseMetadata",
    "releaseLeasesForRun",
  ]),

  /** @param {Columns} columns @param {number} row */
  environment(columns, row) {
    return {
      id: at(columns[0], row),
      name: at(columns[1], row),
      description: at(columns[2], row),
      driver: at(columns[3], row),
      status: at(columns[4], row),
      config: at(columns[5], row),
      envVars: at(columns[6], row),
      metadata: at(columns[7], row),
      createdAt: new Date(at(columns[8], row)),
      updatedAt: new Date(at(columns[9], row)),
    };
  },

  /** @param {Columns} columns @param {number} row */
  lease(columns, row) {
    return {
      id: at(columns[0], row),
      companyId: at(columns[1], row),
      environmentId: at(columns[2], row),
      executionWorkspaceId: at(columns[3], row),
      issueId: at(columns[4], row),
      heartbeatRunId: at(columns[5], row),
      status: at(columns[6], row),
      leasePolicy: at(columns[7], row),
      provider: at(columns[8], row),
      providerLeaseId: at(columns[9], row),
      acquiredAt: new Date(at(columns[10], row)),
      lastUsedAt: new Date(at(columns[11], row)),
      expiresAt: dateOrNull(at(columns[12], row)),
      releasedAt: dateOrNull(at(columns[13], row)),
      failureReason: at(columns[14], row),
      cleanupStatus: at(columns[15], row),
      metadata: at(columns[16], row),
      createdAt: new Date(at(columns[17], row)),
      updatedAt: new Date(at(columns[18], row)),
    };
  },

  /** @param {Columns} columns @param {number} row */
  boundCompany(columns, row) {
    return { companyId: at(columns[0], row) };
  },

  /** @param {Columns} columns @param {number} row */
  uses(columns, row) {
    return { uses: at(columns[0], row) };
  },

  /** @param {Columns} columns @param {number} row */
  there(columns, row) {
    return {};
  },

  /** What goes through a caller's own transaction: how its rows are read, and what is sent. */
  caller: {
    columns: [
      { name: "id", key: "id", kind: "uuid" },
      { name: "name", key: "name", kind: "text" },
      { name: "description", key: "description", kind: "text" },
      {
        name: "driver",
        key: "driver",
        kind: "word",
        set: { name: "environment driver", words: ["local", "ssh", "sandbox", "plugin"] },
      },
      {
        name: "status",
        key: "status",
        kind: "word",
        set: { name: "environment status", words: ["active", "archived"] },
      },
      { name: "config", key: "config", kind: "objectOrEmpty" },
      { name: "env_vars", key: "envVars", kind: "objectOrEmpty" },
      { name: "metadata", key: "metadata", kind: "object" },
      { name: "created_at", key: "createdAt", kind: "timestamp" },
      { name: "updated_at", key: "updatedAt", kind: "timestamp" },
    ],
    insert: {
      name: "insert environments, one",
      text: "insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at) select i.id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.env_vars::jsonb, i.metadata::jsonb, i.now, i.now from (values ($2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)) as i(id, name, description, driver, status, config, env_vars, metadata, now) where 1 / ($1 = 'insert environments, one')::int = 1 returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at",
    },
    update: {
      name: "update environments, one",
      text: "update environments as r set name = case when i.set_name then i.name else r.name end, description = case when i.set_description then i.description else r.description end, driver = case when i.set_driver then i.driver else r.driver end, status = case when i.set_status then i.status else r.status end, config = case when i.set_config then i.config::jsonb else r.config end, env_vars = case when i.set_env_vars then i.env_vars::jsonb else r.env_vars end, metadata = case when i.set_metadata then i.metadata::jsonb else case when i.set_status then case jsonb_typeof(r.metadata) when 'object' then r.metadata when 'array' then (select coalesce(jsonb_object_agg(n - 1, e), '{}') from jsonb_array_elements(r.metadata) with ordinality as x(e, n)) when 'string' then (select jsonb_object_agg(n - 1, e) from regexp_split_to_table(nullif(r.metadata #>> '{}', ''), '') with ordinality as x(e, n)) when 'number' then case when r.metadata <> '0' then '{}'::jsonb end when 'boolean' then case when r.metadata = 'true' then '{}'::jsonb end end - '_paperclipManagedArchiveToken' else r.metadata end end, updated_at = i.now from (values ($3::uuid, $4::bool, $5::text, $6::bool, $7::text, $8::bool, $9::text, $10::bool, $11::text, $12::bool, $13::text, $14::bool, $15::text, $16::bool, $17::text, $18::timestamptz)) as i(id, set_name, name, set_description, description, set_driver, driver, set_status, status, set_config, config, set_env_vars, env_vars, set_metadata, metadata, now) where 1 / ($1 = 'update environments, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at",
    },
  },
};
