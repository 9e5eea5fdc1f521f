// The drizzle definitions of the two tables: the schema of the test databases' drizzle client, and the original's
// replacement for `@paperclipai/db`. A plain module, so that both vitest and node can load it. Foreign keys and indexes
// are only in schema.sql: drizzle does not need them for queries.

import { jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** @param {string} name */
const moment = (name) => timestamp(name, { withTimezone: true });

export const environments = pgTable("environments", {
  id: uuid("id").primaryKey().defaultRandom(),
  companyId: uuid("company_id").notNull(),
  name: text("name").notNull(),
  description: text("description"),
  driver: text("driver").notNull().default("local"),
  status: text("status").notNull().default("active"),
  config: jsonb("config").notNull().default({}),
  metadata: jsonb("metadata"),
  createdAt: moment("created_at").notNull().defaultNow(),
  updatedAt: moment("updated_at").notNull().defaultNow(),
});

export const environmentLeases = pgTable("environment_leases", {
  id: uuid("id").primaryKey().defaultRandom(),
  companyId: uuid("company_id").notNull(),
  environmentId: uuid("environment_id").notNull(),
  executionWorkspaceId: uuid("execution_workspace_id"),
  issueId: uuid("issue_id"),
  heartbeatRunId: uuid("heartbeat_run_id"),
  status: text("status").notNull().default("active"),
  leasePolicy: text("lease_policy").notNull().default("ephemeral"),
  provider: text("provider"),
  providerLeaseId: text("provider_lease_id"),
  acquiredAt: moment("acquired_at").notNull().defaultNow(),
  lastUsedAt: moment("last_used_at").notNull().defaultNow(),
  expiresAt: moment("expires_at"),
  releasedAt: moment("released_at"),
  failureReason: text("failure_reason"),
  cleanupStatus: text("cleanup_status"),
  metadata: jsonb("metadata"),
  createdAt: moment("created_at").notNull().defaultNow(),
  updatedAt: moment("updated_at").notNull().defaultNow(),
});
