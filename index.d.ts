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
 * The state of a lease. A `retained` lease has ended, but is not released.
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
 * What happens to what a lease holds once the lease has ended.
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
 * The progress of the clean-up after a lease.
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
  /** A UUID in lower case, with hyphens, like every id in a result. */
  id: string;
  companyId: string;
  /** Names need not be unique. */
  name: string;
  description: string | null;
  driver: EnvironmentDriver;
  status: EnvironmentStatus;
  /** The driver's configuration. A stored value that is not a JSON object reads as `{}`. */
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
  /** The provider's own id of what is held. */
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
 * The input for a new environment.
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
 * Changes to an environment. A field that is `undefined` stays as it is, and `null` clears it.
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
 * A filter for environments. A word outside its set matches nothing, and neither does a value that is not a string,
 * such as the array that Express makes of `?status=a&status=b`.
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
 * A filter for leases. A word outside its set matches nothing, and neither does a value that is not a string.
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
 * The input for a new lease.
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
 * What else to record when a lease ends. A field that is `undefined` stays as it is.
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
   * `statementTimeout`, so a write may take effect. A lease that is acquired nevertheless is released again.
   */
  signal?: AbortSignal | null | undefined;
}

/**
 * Statistics of the connections and calls.
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
    /** Open, and not in use. */
    idle: number;
    /** Batches that wait for a connection. */
    waiting: number;
    /** Opened so far. */
    opened: number;
    /** Failed attempts to open a connection so far. */
    failed: number;
  };
  calls: {
    /** Calls without an answer, including those that wait to be sent. */
    underWay: number;
    /** Waiting to be sent. */
    waiting: number;
    resolved: number;
    rejected: number;
    /** Rejected calls whose signal was aborted. */
    aborted: number;
    /** Rejected calls whose outcome is unknown. */
    unknown: number;
  };
  batches: {
    /** Sent so far. */
    sent: number;
    /** The calls in them. */
    calls: number;
    /** The calls in the largest. */
    largest: number;
    /** Statements sent again after a collision or a lost connection. */
    repeated: number;
    /** Batches whose outcome was determined after a lost connection. */
    settled: number;
  };
}

/**
 * The message on the `diagnostics_channel` `paperclip-environment-service:call` about the outcome of a call. It holds
 * nothing of the call's arguments or answer, and costs nothing without subscribers. A call whose arguments have the
 * wrong type is neither published nor counted.
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
  /** How many calls were sent together, including this one; 0 if it was not sent. */
  batchSize: number;
  outcome: "resolved" | "rejected" | "aborted";
  /** The error's code, if it has one. */
  code: string | null;
  /** The number of rows in the answer; null for errors and ready JSON. */
  rows: number | null;
}

/**
 * The environment service of one database.
 *
 * Every method returns a promise, never throws synchronously, works without the service as `this`, and takes
 * {@link CallOptions} as its last argument. Callers share no objects in results. In the examples, `environments` is such
 * a service.
 *
 * All methods reject with
 * - a `TypeError` that names the argument, if an argument has the wrong JavaScript type;
 * - a `RangeError`, if `expiresAt` is an invalid date;
 * - an `Error` `Unexpected <set> value: <value>`, if a value outside its set is given to a write (then nothing is
 *   written) or is in a row that is read;
 * - a {@link DatabaseError}, if PostgreSQL refuses the statement;
 * - a {@link ConnectionError}, if PostgreSQL cannot be reached or has gone away;
 * - an {@link OutcomeUnknownError}, if the connection broke during a write and the server stayed unreachable, so that it
 *   is unknown whether the write took effect;
 * - an `Error` with the code `WRONG_GENERATION`, if the database has the tables of another Paperclip release. Its
 *   message names the releases that have them, and the entry of this package that fits;
 * - an `AbortError` with the code `ABORT_ERR`, if the call's signal is aborted;
 * - an `Error` with the code `QUEUE_FULL`, if 100,000 calls already wait to be sent, or 268 million characters of calls;
 * - an `Error` with the code `RESULT_TOO_LARGE`, if a row has more than 500 million bytes as JSON. The call has taken
 *   effect, and `listJson` and `listLeasesJson` still return such rows.
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
   * The company's environments, the last updated first. Falsy filters do not filter.
   *
   * @example
   * ```ts
   * const ready = await environments.list(companyId, { status: "active" });
   * ```
   */
  list: (companyId: string, filters?: EnvironmentFilters, options?: CallOptions) => Promise<Environment[]>;

  /**
   * The result of `list` as JSON text in UTF-8, the same as that of `JSON.stringify` byte for byte. It is written off
   * the main thread, and can be sent as it is.
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
   * Returns the company's local environment, and creates it if there is none. An existing one is returned unchanged,
   * archived or not. Concurrent calls, from any number of processes, agree on one row.
   *
   * @example
   * ```ts
   * const { id, driver } = await environments.ensureLocalEnvironment(companyId);
   * ```
   */
  ensureLocalEnvironment: (companyId: string, options?: CallOptions) => Promise<Environment>;

  /**
   * Creates an environment.
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
   * Changes an environment. Resolves to it, or to null if there is none. `updatedAt` is set in any case.
   *
   * @example
   * ```ts
   * const archived = await environments.update(environmentId, { status: "archived" });
   * ```
   */
  update: (id: string, patch: UpdateEnvironment, options?: CallOptions) => Promise<Environment | null>;

  /**
   * Deletes the environment and its leases. Resolves to the deleted environment, or to null if there is none.
   *
   * @example
   * ```ts
   * const removed = await environments.remove(environmentId);
   * if (removed === null) console.log("It was not there");
   * ```
   */
  remove: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * The environment's leases, the last used first. A falsy filter does not filter.
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
   * The result of `listLeases` as JSON text, as in `listJson`.
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
   * Acquires a new, active lease.
   *
   * If the connection breaks during the call, the service finds out whether the lease exists: the call resolves to
   * it, or rejects because it does not exist. If that cannot be found out within `connectTimeout`, the call rejects
   * with an {@link OutcomeUnknownError} that has the lease's id.
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
   * Ends a lease in any state. Resolves to it, or to null if there is none.
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
   * Replaces the lease's metadata, and marks the lease as used. `null` clears the metadata.
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
   * Ends the active leases of a run. Resolves to the leases that it ended.
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
   * Statistics of the source's connections and calls, which all services on it share, since the connections were
   * opened. All numbers are 0 before the first call and after `close()`.
   *
   * @example
   * ```ts
   * console.log(environments.stats().connections.open);
   * ```
   */
  stats: () => ServiceStatistics;

  /**
   * Waits for the calls under way and disconnects. From then on, calls of this service reject with the code
   * `CONNECTION_ENDED`. Other services on the same source continue to work, and connect again with their next call.
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
 * Settings of the service itself, which override those of the source. Times are in milliseconds.
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
  /** The maximum number of connections, 1 to 100. Default: 4. */
  maxConnections?: number;
  /** How long to wait for a connection; 0 or null means no limit. Default: the source's, or 30,000. */
  connectTimeout?: number | null;
  /** How long a connection may be idle; 0 or null means no limit. Default: the source's, or 30,000. */
  idleTimeout?: number | null;
  /** How long a statement may run on the server; 0 means no limit. Default: the source's. */
  statementTimeout?: number;
  /** The connections' name in `pg_stat_activity`. Default: the source's, or this package's name. */
  applicationName?: string;
}

/**
 * The parts of a postgres.js `sql` that the service uses.
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
 * The parts of a `Pool` of node-postgres that the service uses.
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
 * A connection string, with a separate password or certificates. Any other key is refused. To pass the options of a
 * driver, use `postgres(options)` or `new Pool(options)`, which open nothing.
 *
 * Settings that the connection string does not have are taken from libpq's environment variables. These variables,
 * certificate files and an `ssl` object are read at their first use, and again after `close()`.
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
  /** An empty string is refused, because it usually comes from a variable that is not set. */
  readonly connectionString: string | URL;
  /** Text, or a function that is called for each new connection. The string must have none, or the same. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /**
   * `true` requires TLS and verifies the server's certificate and name. So does an object with these options of Node's
   * `tls.connect`, unless `rejectUnauthorized` is false. Certificates and keys are PEM. The connection string must not
   * have TLS settings such as `sslmode` as well.
   */
  readonly ssl?: boolean | ConnectionTls | undefined;
}

/**
 * The options of Node's `tls.connect` that the service supports.
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
  /** Authorities to trust besides the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** This client's certificate, with `key`. */
  readonly cert?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The private key of `cert`, not encrypted. */
  readonly key?: string | Uint8Array | undefined;
  /** Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name to verify. It must be the host name. */
  readonly servername?: string | undefined;
}

/**
 * Creates an environment service for the database of `source`.
 *
 * It opens nothing until the first call, and then a few connections of its own, which all services on the same source
 * share. The settings of the source apply: host, user, password, TLS, run-time parameters, time limits.
 *
 * It never throws. If `source` is not one of the accepted kinds, or a setting of `source` or `options` is not
 * supported, each call rejects with a `TypeError` that says so, `stats()` returns zeros, and `close()` resolves.
 *
 * @param source where the database is. Default: the environment variable `DATABASE_URL`.
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
 * An error that PostgreSQL reported, with its fields under the names that postgres.js uses. Their meaning:
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
  /** The place in the server's source that reported it. */
  file?: string;
  line?: string;
  routine?: string;
  /** The position of the error in the statement's text, in characters from 1. */
  position?: string;
  /** The same for a statement that a function sent, and the text of that statement. */
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
   * `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `CERT_HAS_EXPIRED`, … as in Node; `CONNECT_TIMEOUT`,
   * `CONNECTION_CLOSED`, `CONNECTION_ENDED` as in postgres.js; `ETIMEDOUT` also for a server that no longer answers;
   * `ACQUIRE_TIMEOUT` if all connections stayed busy; `PASSWORD_FUNCTION_FAILED`, with the function's own error as
   * `cause`. docs/errors.md lists all codes, with causes and cures.
   */
  code: string;
  /** The host or the socket's directory. */
  address?: string;
  port?: number;
}

/**
 * The connection broke during a write, and it is unknown whether the write took effect.
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
  /** The environment that may have been created, changed or removed. */
  environmentId?: string;
}
