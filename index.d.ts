/**
 * Paperclip's environment service as a native addon.
 *
 * An *environment* says where an agent may run: this machine, an SSH host, a sandbox, a plugin's
 * driver. A *lease* records that a run holds an environment. Both live in PostgreSQL, in the tables
 * that Paperclip owns and migrates.
 *
 * @packageDocumentation
 */

/**
 * How an environment is reached.
 *
 * @example
 * ```ts
 * import type { EnvironmentDriver } from "paperclip-environment-service";
 *
 * const elsewhere: EnvironmentDriver[] = ["ssh", "sandbox", "plugin"];
 * const environment = await environments.getById(environmentId);
 * console.log(environment !== null && elsewhere.includes(environment.driver));
 * ```
 */
export type EnvironmentDriver = "local" | "ssh" | "sandbox" | "plugin";

/**
 * Whether an environment is offered for new work.
 *
 * @example
 * ```ts
 * import type { EnvironmentStatus } from "paperclip-environment-service";
 *
 * const status: EnvironmentStatus = "archived";
 * await environments.update(environmentId, { status });
 * ```
 */
export type EnvironmentStatus = "active" | "archived";

/**
 * Where a lease is in its life. A `retained` lease has ended, but is not released.
 *
 * @example
 * ```ts
 * import type { EnvironmentLeaseStatus } from "paperclip-environment-service";
 *
 * const over: EnvironmentLeaseStatus[] = ["released", "expired", "failed"];
 * const leases = await environments.listLeases(environmentId);
 * console.log(leases.filter(({ status }) => over.includes(status)).length);
 * ```
 */
export type EnvironmentLeaseStatus = "active" | "released" | "expired" | "failed" | "retained";

/**
 * What becomes of what a lease holds once the lease has ended.
 *
 * @example
 * ```ts
 * import type { EnvironmentLeasePolicy } from "paperclip-environment-service";
 *
 * const leasePolicy: EnvironmentLeasePolicy = "retain_on_failure";
 * await environments.acquireLease({ companyId, environmentId, leasePolicy });
 * ```
 */
export type EnvironmentLeasePolicy =
  "ephemeral" | "reuse_by_environment" | "reuse_by_execution_workspace" | "retain_on_failure";

/**
 * How far the clean-up after a lease has come.
 *
 * @example
 * ```ts
 * import type { EnvironmentLeaseCleanupStatus } from "paperclip-environment-service";
 *
 * const cleanupStatus: EnvironmentLeaseCleanupStatus = "pending";
 * await environments.releaseLease(leaseId, "released", { cleanupStatus });
 * ```
 */
export type EnvironmentLeaseCleanupStatus = "pending" | "success" | "failed";

/**
 * Where an agent may run.
 *
 * @example
 * ```ts
 * const environment = await environments.getById(environmentId);
 * if (environment?.driver === "ssh") console.log(environment.config["host"]);
 * ```
 */
export interface Environment {
  /** A UUID, in lower case and with hyphens; so are all ids that are read. */
  id: string;
  companyId: string;
  /** Names need not be unique. */
  name: string;
  description: string | null;
  driver: EnvironmentDriver;
  status: EnvironmentStatus;
  /** What the driver needs to know. A stored value that is not a JSON object reads as `{}`. */
  config: Record<string, unknown>;
  /** A stored value that is not a JSON object reads as `null`. */
  metadata: Record<string, unknown> | null;
  createdAt: Date;
  updatedAt: Date;
}

/**
 * The record that a run holds an environment.
 *
 * @example
 * ```ts
 * const lease = await environments.getLeaseById(leaseId);
 * const hasRunOut = lease?.expiresAt ? lease.expiresAt < new Date() : false;
 * ```
 */
export interface EnvironmentLease {
  id: string;
  companyId: string;
  environmentId: string;
  executionWorkspaceId: string | null;
  issueId: string | null;
  heartbeatRunId: string | null;
  status: EnvironmentLeaseStatus;
  leasePolicy: EnvironmentLeasePolicy;
  provider: string | null;
  /** The provider's own name for what is held. */
  providerLeaseId: string | null;
  acquiredAt: Date;
  lastUsedAt: Date;
  expiresAt: Date | null;
  /** Null for a lease that is active or retained. */
  releasedAt: Date | null;
  failureReason: string | null;
  cleanupStatus: EnvironmentLeaseCleanupStatus | null;
  /** A stored value that is not a JSON object reads as `null`. */
  metadata: Record<string, unknown> | null;
  createdAt: Date;
  updatedAt: Date;
}

/**
 * What a new environment is made of.
 *
 * @example
 * ```ts
 * import type { CreateEnvironment } from "paperclip-environment-service";
 *
 * const buildHost: CreateEnvironment = {
 *   name: "Build host",
 *   driver: "ssh",
 *   config: { host: "build.example.org", port: 22 },
 * };
 * ```
 */
export interface CreateEnvironment {
  name: string;
  /** Default: null. */
  description?: string | null | undefined;
  driver: EnvironmentDriver;
  /** Default: `active`. */
  status?: EnvironmentStatus | undefined;
  /** Any JSON value, with the meaning of `JSON.stringify`. Default: `{}`. */
  config?: Record<string, unknown> | undefined;
  /** Any JSON value, with the meaning of `JSON.stringify`. Default: null. */
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * What is to change of an environment: what is `undefined` stays, `null` clears.
 *
 * @example
 * ```ts
 * import type { UpdateEnvironment } from "paperclip-environment-service";
 *
 * const patch: UpdateEnvironment = { status: "archived", description: null };
 * ```
 */
export interface UpdateEnvironment {
  name?: string | undefined;
  description?: string | null | undefined;
  driver?: EnvironmentDriver | undefined;
  status?: EnvironmentStatus | undefined;
  config?: Record<string, unknown> | undefined;
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * Which environments are asked for. A word outside its set matches nothing, and neither does a value that is not a
 * string, such as the array that Express makes of `?status=a&status=b`.
 *
 * @example
 * ```ts
 * import type { EnvironmentFilters } from "paperclip-environment-service";
 *
 * const hosts: EnvironmentFilters = { status: "active", driver: "ssh" };
 * const found = await environments.list(companyId, hosts);
 * ```
 */
export interface EnvironmentFilters {
  status?: string;
  driver?: string;
}

/**
 * Which leases are asked for. A word outside its set matches nothing, and neither does a value that is not a string.
 *
 * @example
 * ```ts
 * import type { EnvironmentLeaseFilters } from "paperclip-environment-service";
 *
 * const held: EnvironmentLeaseFilters = { status: "active" };
 * const leases = await environments.listLeases(environmentId, held);
 * ```
 */
export interface EnvironmentLeaseFilters {
  status?: string;
}

/**
 * What a new lease is made of.
 *
 * @example
 * ```ts
 * import type { AcquireEnvironmentLease } from "paperclip-environment-service";
 *
 * const forAnHour: AcquireEnvironmentLease = {
 *   companyId,
 *   environmentId,
 *   heartbeatRunId: runId,
 *   leasePolicy: "reuse_by_environment",
 *   expiresAt: new Date(Date.now() + 3_600_000),
 * };
 * ```
 */
export interface AcquireEnvironmentLease {
  companyId: string;
  environmentId: string;
  executionWorkspaceId?: string | null;
  issueId?: string | null;
  heartbeatRunId?: string | null;
  /** Default: `ephemeral`. */
  leasePolicy?: EnvironmentLeasePolicy;
  provider?: string | null;
  providerLeaseId?: string | null;
  expiresAt?: Date | null;
  metadata?: Record<string, unknown> | null;
}

/**
 * What else is recorded when a lease ends. What is `undefined` stays as it is.
 *
 * @example
 * ```ts
 * import type { ReleaseEnvironmentLeaseOptions } from "paperclip-environment-service";
 *
 * const lost: ReleaseEnvironmentLeaseOptions = {
 *   failureReason: "The host went away",
 *   cleanupStatus: "failed",
 * };
 * await environments.releaseLease(leaseId, "failed", lost);
 * ```
 */
export interface ReleaseEnvironmentLeaseOptions {
  failureReason?: string;
  cleanupStatus?: EnvironmentLeaseCleanupStatus;
}

/**
 * Per-call options, as the last argument of each method.
 *
 * @example
 * ```ts
 * const patient = { signal: AbortSignal.timeout(2_000) };
 * const environment = await environments.getById(environmentId, patient);
 * ```
 */
export interface CallOptions {
  /**
   * Ends the wait for the call: it rejects at once with an `AbortError`, whose `cause` is the signal's reason.
   * A call that has not been sent is not sent. A statement that has been sent runs to its end, or to
   * `statementTimeout`, so a write may take effect. A lease that is acquired all the same is released again.
   */
  signal?: AbortSignal | null | undefined;
}

/**
 * Numbers for those who watch.
 *
 * @example
 * ```ts
 * const { connections, calls } = environments.stats();
 * if (connections.waiting > 0) console.warn(`${calls.waiting} calls wait`);
 * ```
 */
export interface ServiceStatistics {
  connections: {
    /** Open, or being opened. */
    open: number;
    /** Open, and used by nobody. */
    idle: number;
    /** Batches that wait for a connection. */
    waiting: number;
    /** Opened so far. */
    opened: number;
    /** Attempts to open one that failed so far. */
    failed: number;
  };
  calls: {
    /** Without an answer, those that wait to be sent among them. */
    underWay: number;
    /** Waiting to be sent. */
    waiting: number;
    resolved: number;
    rejected: number;
    /** Those of the rejected that their signals have ended. */
    aborted: number;
    /** Those of the rejected whose outcome is not known. */
    unknown: number;
  };
  batches: {
    /** Sent so far. */
    sent: number;
    /** The calls in them. */
    calls: number;
    /** The calls in the largest. */
    largest: number;
    /** Statements sent once more, after a collision or a broken connection. */
    repeated: number;
    /** Batches whose outcome was determined after a lost connection. */
    settled: number;
  };
}

/**
 * What is published on the `diagnostics_channel` `paperclip-environment-service:call` when a call has
 * its outcome. It holds nothing of the call's arguments or answer, and costs nothing while nobody subscribes. A call
 * whose arguments have the wrong type is neither published nor counted.
 *
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import type { CallEvent } from "paperclip-environment-service";
 *
 * subscribe("paperclip-environment-service:call", (message) => {
 *   const { method, outcome, duration } = message as CallEvent;
 *   console.log(`${method} ${outcome} after ${duration.toFixed(1)} ms`);
 * });
 * ```
 */
export interface CallEvent {
  /** The method's name. */
  method: string;
  /** Milliseconds from the call to its outcome. */
  duration: number;
  /** The calls that it was sent with, itself among them; 0 if it was not sent. */
  batchSize: number;
  outcome: "resolved" | "rejected" | "aborted";
  /** The error's code, if it has one. */
  code: string | null;
  /** The rows that it was answered with; null for errors and ready JSON. */
  rows: number | null;
}

/**
 * The environment service of one database.
 *
 * Every method returns a promise, throws nothing synchronously, and works detached from the service.
 * What is resolved belongs to the caller alone. Each takes {@link CallOptions} behind its arguments.
 * In the examples, `environments` is such a service.
 *
 * All methods reject with
 * - a `TypeError` that names the argument, if an argument has the wrong JavaScript type;
 * - a `RangeError`, if `expiresAt` is an invalid date;
 * - an `Error` `Unexpected <set> value: <value>`, if a value outside its set is given to a write
 *   (nothing is written then) or is met in a row that is read;
 * - a {@link DatabaseError}, if PostgreSQL refuses the statement;
 * - a {@link ConnectionError}, if PostgreSQL cannot be reached or has gone away;
 * - an {@link OutcomeUnknownError}, if the connection broke while something was being written and
 *   the server stayed away, so that nobody can tell whether it was;
 * - an `Error` with the code `WRONG_GENERATION`, if the database has the tables of another Paperclip: it names the
 *   releases that have them, and the entry of this package that fits;
 * - an `AbortError` with the code `ABORT_ERR`, if the call's signal says so;
 * - an `Error` with the code `QUEUE_FULL`, if 100,000 calls wait to be sent already, or 268 million characters of them;
 * - an `Error` with the code `RESULT_TOO_LARGE`, if a row has more than 500 million bytes as JSON. What was asked for
 *   has been done, and `listJson` and `listLeasesJson` still give such rows.
 *
 * @example
 * ```ts
 * import type { EnvironmentService } from "paperclip-environment-service";
 *
 * async function namesOf(service: EnvironmentService): Promise<string[]> {
 *   return (await service.list(companyId)).map(({ name }) => name);
 * }
 * console.log(await namesOf(environments));
 * ```
 */
export interface EnvironmentService extends AsyncDisposable {
  /**
   * The company's environments, the last updated first. Filters that are falsy do not filter.
   *
   * @example
   * ```ts
   * const ready = await environments.list(companyId, { status: "active" });
   * ```
   */
  list: (companyId: string, filters?: EnvironmentFilters, options?: CallOptions) => Promise<Environment[]>;

  /**
   * The JSON text of what `list` resolves to, in UTF-8: byte for byte that of `JSON.stringify`, made
   * away from the main thread, to be sent as it is.
   *
   * @example
   * ```ts
   * const json = await environments.listJson(companyId);
   * console.log(json.toString("utf8"));
   * ```
   */
  listJson: (companyId: string, filters?: EnvironmentFilters, options?: CallOptions) => Promise<Buffer>;

  /**
   * The environment, or null if there is none.
   *
   * @example
   * ```ts
   * const environment = await environments.getById(environmentId);
   * ```
   */
  getById: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * The lease, or null if there is none.
   *
   * @example
   * ```ts
   * const lease = await environments.getLeaseById(leaseId);
   * ```
   */
  getLeaseById: (id: string, options?: CallOptions) => Promise<EnvironmentLease | null>;

  /**
   * The company's local environment, made if it has none. One that is there is returned untouched,
   * archived or not. Concurrent calls, from any number of processes, agree on one row.
   *
   * @example
   * ```ts
   * const { id, driver } = await environments.ensureLocalEnvironment(companyId);
   * ```
   */
  ensureLocalEnvironment: (companyId: string, options?: CallOptions) => Promise<Environment>;

  /**
   * A new environment.
   *
   * @example
   * ```ts
   * const environment = await environments.create(companyId, {
   *   name: "Build host",
   *   driver: "ssh",
   *   config: { host: "build.example.org" },
   * });
   * ```
   */
  create: (companyId: string, input: CreateEnvironment, options?: CallOptions) => Promise<Environment>;

  /**
   * The changed environment, or null if there is none. `updatedAt` is set in any case.
   *
   * @example
   * ```ts
   * const archived = await environments.update(environmentId, { status: "archived" });
   * ```
   */
  update: (id: string, patch: UpdateEnvironment, options?: CallOptions) => Promise<Environment | null>;

  /**
   * Deletes the environment, and its leases with it; resolves to what was deleted, or null.
   *
   * @example
   * ```ts
   * const removed = await environments.remove(environmentId);
   * if (removed === null) console.log("It was not there");
   * ```
   */
  remove: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * The environment's leases, the last used first. A filter that is falsy does not filter.
   *
   * @example
   * ```ts
   * const held = await environments.listLeases(environmentId, { status: "active" });
   * ```
   */
  listLeases: (
    environmentId: string,
    filters?: EnvironmentLeaseFilters,
    options?: CallOptions,
  ) => Promise<EnvironmentLease[]>;

  /**
   * The JSON text of what `listLeases` resolves to, made as `listJson` makes it.
   *
   * @example
   * ```ts
   * const json = await environments.listLeasesJson(environmentId, { status: "active" });
   * ```
   */
  listLeasesJson: (
    environmentId: string,
    filters?: EnvironmentLeaseFilters,
    options?: CallOptions,
  ) => Promise<Buffer>;

  /**
   * A new, active lease.
   *
   * If the connection breaks in mid-call, the service finds out what became of the lease: the call
   * resolves to it, or rejects because it does not exist. If that cannot be found out within
   * `connectTimeout`, it rejects with an {@link OutcomeUnknownError} that carries the lease's id.
   *
   * @example
   * ```ts
   * const lease = await environments.acquireLease({
   *   companyId,
   *   environmentId,
   *   heartbeatRunId: runId,
   *   metadata: { reuseLease: true },
   * });
   * ```
   */
  acquireLease: (input: AcquireEnvironmentLease, options?: CallOptions) => Promise<EnvironmentLease>;

  /**
   * Ends a lease, whatever its state; resolves to it, or to null if there is none.
   *
   * @param status default: `released`. `retained` leaves `releasedAt` null.
   *
   * @example
   * ```ts
   * await environments.releaseLease(leaseId);
   * await environments.releaseLease(leaseId, "failed", { failureReason: "The host went away" });
   * ```
   */
  releaseLease: (
    id: string,
    status?: Extract<EnvironmentLeaseStatus, "released" | "expired" | "failed" | "retained">,
    options?: ReleaseEnvironmentLeaseOptions,
    callOptions?: CallOptions,
  ) => Promise<EnvironmentLease | null>;

  /**
   * Replaces the lease's metadata, and marks it as used; `null` clears.
   *
   * @example
   * ```ts
   * await environments.updateLeaseMetadata(leaseId, { remoteCwd: "/work" });
   * ```
   */
  updateLeaseMetadata: (
    id: string,
    metadata: Record<string, unknown> | null,
    options?: CallOptions,
  ) => Promise<EnvironmentLease | null>;

  /**
   * Ends the active leases of a run; resolves to those that it ended.
   *
   * @param status default: `released`.
   *
   * @example
   * ```ts
   * const released = await environments.releaseLeasesForRun(runId, "failed");
   * console.log(`${released.length} leases have ended`);
   * ```
   */
  releaseLeasesForRun: (
    heartbeatRunId: string,
    status?: Extract<EnvironmentLeaseStatus, "released" | "expired" | "failed">,
    options?: CallOptions,
  ) => Promise<EnvironmentLease[]>;

  /**
   * The state of the connections and calls of the source, which all services on it share, and what has
   * happened since they were opened. All are 0 before the first call and after `close()`.
   *
   * @example
   * ```ts
   * console.log(environments.stats().connections.open);
   * ```
   */
  stats: () => ServiceStatistics;

  /**
   * Waits for the calls under way and disconnects. From then on this service rejects with the code
   * `CONNECTION_ENDED`; other services on the same source go on, and connect anew when they are
   * used.
   *
   * @example
   * ```ts
   * await using mine = environmentService();
   * await mine.list(companyId);
   * // Closed at the end of the block, with `await using` or by `await mine.close()`.
   * ```
   */
  close: () => Promise<void>;
}

/**
 * Settings of the service itself; they override what the source says. Times are milliseconds.
 *
 * @example
 * ```ts
 * const environments = environmentService(process.env.DATABASE_URL, {
 *   maxConnections: 2,
 *   connectTimeout: 5_000,
 *   idleTimeout: 60_000,
 *   statementTimeout: 10_000,
 *   applicationName: "my-server",
 * });
 * ```
 */
export interface EnvironmentServiceOptions {
  /** The most connections held at once, 1 to 100. Default: 4. */
  maxConnections?: number;
  /** How long to wait for a connection; 0 or null: without a limit. Default: the source's, or 30,000. */
  connectTimeout?: number | null;
  /** How long a connection may lie idle; 0 or null: without a limit. Default: the source's, or 30,000. */
  idleTimeout?: number | null;
  /** How long a statement may run on the server; 0: without a limit. Default: the source's. */
  statementTimeout?: number;
  /** The name that `pg_stat_activity` shows. Default: the source's, or this package's name. */
  applicationName?: string;
}

/**
 * A postgres.js `sql`, as far as the service looks at it.
 *
 * @example
 * ```ts
 * import postgres from "postgres";
 *
 * environmentService(postgres("postgres://localhost/paperclip"));
 * ```
 */
export interface PostgresJsClient {
  readonly options: { readonly host: string[]; readonly port: number[] };
  unsafe: (...parameters: never[]) => unknown;
}

/**
 * A `Pool` of node-postgres, as far as the service looks at it.
 *
 * @example
 * ```ts
 * import { Pool } from "pg";
 *
 * environmentService(new Pool({ connectionString: "postgres://localhost/paperclip" }));
 * ```
 */
export interface NodePostgresPool {
  readonly totalCount: number;
  readonly idleCount: number;
  connect: (...parameters: never[]) => unknown;
}

/**
 * A drizzle database over postgres.js or node-postgres.
 *
 * @example
 * ```ts
 * import { drizzle } from "drizzle-orm/postgres-js";
 * import postgres from "postgres";
 *
 * const db = drizzle(postgres("postgres://localhost/paperclip"));
 * environmentService(db);
 * ```
 */
export interface DrizzleDatabase {
  readonly $client: PostgresJsClient | NodePostgresPool;
}

/**
 * Where the database is: a drizzle database over postgres.js or node-postgres, a postgres.js `sql`,
 * a `pg.Pool`, a connection string, a `URL`, or a {@link ConnectionSource}.
 *
 * @example
 * ```ts
 * environmentService("postgres://paperclip@db-1,db-2/paperclip?target_session_attrs=read-write");
 * environmentService(new URL("postgres://localhost/paperclip"));
 * environmentService(); // DATABASE_URL
 * ```
 */
export type EnvironmentServiceSource =
  DrizzleDatabase | PostgresJsClient | NodePostgresPool | string | URL | ConnectionSource;

/**
 * A connection string, with a password or certificates that do not stand in it. Any other key is refused;
 * the options of a driver can be given as `postgres(options)` or `new Pool(options)`, which open nothing.
 *
 * What a connection string leaves open is taken from the environment variables of libpq. They, the files of
 * certificates and an `ssl` object are read when they are first seen, and again after `close()`.
 *
 * @example
 * ```ts
 * environmentService({
 *   connectionString: "postgres://paperclip@db.internal/paperclip?search_path=paperclip",
 *   password: async () => "fetched for each new connection",
 *   ssl: true,
 * });
 * ```
 */
export interface ConnectionSource {
  /** Not empty, so that a variable that is not set is noticed. */
  readonly connectionString: string | URL;
  /** Text, or a function that is asked for each new connection. The string has none, or the same. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /**
   * `true` demands TLS and verifies the server's certificate and name. An object does so too, by these options
   * of Node's `tls.connect`, unless `rejectUnauthorized` is false; certificates and keys are PEM. It may not stand
   * beside `sslmode` and its like in the connection string.
   */
  readonly ssl?: boolean | ConnectionTls | undefined;
}

/**
 * Options of Node's `tls.connect`, as far as the service honours them.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import type { ConnectionTls } from "paperclip-environment-service";
 *
 * const withOwnAuthority = (file: string): ConnectionTls => ({ ca: readFileSync(file) });
 * ```
 */
export interface ConnectionTls {
  /** Authorities to trust beside the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** This client's certificate, with `key`. */
  readonly cert?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The private key of `cert`, not encrypted. */
  readonly key?: string | Uint8Array | undefined;
  /** Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the certificate is for: the host's, and no other. */
  readonly servername?: string | undefined;
}

/**
 * The environment service of the database that `source` speaks of.
 *
 * It opens nothing until the first call, and then a few connections of its own, which all services
 * on the same source share. What the source says (host, user, password, TLS, run-time parameters,
 * time limits) is honoured.
 *
 * It never throws, whatever it is given. Where `source` is none of the accepted things, or `source` or `options`
 * say what cannot be honoured, each call rejects with a `TypeError` that says so, `stats()` gives zeros, and
 * `close()` resolves.
 *
 * @param source where the database is; left out, the environment variable `DATABASE_URL` says it.
 *
 * @example
 * ```ts
 * import { environmentService } from "paperclip-environment-service";
 *
 * const environments = environmentService("postgres://paperclip@localhost/paperclip");
 * const local = await environments.ensureLocalEnvironment("6f1f3fb5-52a4-4a5c-8a45-2d3f5c0b7c11");
 * console.log(local.driver); // "local"
 * await environments.close();
 * ```
 */
export declare function environmentService(
  source?: EnvironmentServiceSource,
  options?: EnvironmentServiceOptions,
): EnvironmentService;

/**
 * What PostgreSQL said, under the names that postgres.js gives its fields. Their meaning:
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 *
 * @example
 * ```ts
 * import type { DatabaseError } from "paperclip-environment-service";
 *
 * try {
 *   await environments.acquireLease({ companyId, environmentId });
 * } catch (error) {
 *   const { code, constraint_name } = error as DatabaseError;
 *   if (code === "23503") console.warn(`Nothing is there for ${constraint_name}`);
 * }
 * ```
 */
export interface DatabaseError extends Error {
  name: "PostgresError";
  /** The SQLSTATE, such as `23503`. */
  code: string;
  /** `ERROR`, `FATAL` or `PANIC`. */
  severity: string;
  detail?: string;
  hint?: string;
  where?: string;
  schema_name?: string;
  table_name?: string;
  column_name?: string;
  data_type_name?: string;
  constraint_name?: string;
  /** Where in the server's source it was reported. */
  file?: string;
  line?: string;
  routine?: string;
  /** Where in the statement's text the trouble is, counted in characters from 1. */
  position?: string;
  /** The same in a statement that a function sent, and that statement. */
  internal_position?: string;
  internal_query?: string;
}

/**
 * PostgreSQL cannot be reached, or has gone away.
 *
 * @example
 * ```ts
 * import type { ConnectionError } from "paperclip-environment-service";
 *
 * try {
 *   await environments.list(companyId);
 * } catch (error) {
 *   const { code, address, port } = error as ConnectionError;
 *   if (code === "ECONNREFUSED") console.warn(`No server at ${address}:${port}`);
 * }
 * ```
 */
export interface ConnectionError extends Error {
  /**
   * `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `CERT_HAS_EXPIRED`, … as Node has them; `CONNECT_TIMEOUT`,
   * `CONNECTION_CLOSED`, `CONNECTION_ENDED` as postgres.js has them; `ETIMEDOUT` also for a server that no
   * longer answers; `ACQUIRE_TIMEOUT` if all connections stayed busy; `PASSWORD_FUNCTION_FAILED`, with the
   * function's own error as `cause`. docs/errors.md has all of them, with causes and cures.
   */
  code: string;
  /** The host or the socket's directory. */
  address?: string;
  port?: number;
}

/**
 * The connection broke while something was being written, and what became of it is not known.
 *
 * @example
 * ```ts
 * import type { OutcomeUnknownError } from "paperclip-environment-service";
 *
 * try {
 *   await environments.acquireLease({ companyId, environmentId });
 * } catch (error) {
 *   const { code, leaseId } = error as OutcomeUnknownError;
 *   if (code === "OUTCOME_UNKNOWN") console.warn(`Perhaps there is a lease ${leaseId}`);
 * }
 * ```
 */
export interface OutcomeUnknownError extends Error {
  code: "OUTCOME_UNKNOWN";
  /** The lease that may have been acquired or changed. */
  leaseId?: string;
  /** The environment that may have been made, changed or removed. */
  environmentId?: string;
}
