/**
 * The environment service of Paperclip 2026.824 to 2026.916.
 *
 * Environments belong to the whole instance here, not to a company; leases belong to a company as before. What this
 * entry shares with `paperclip-environment-service` itself is documented there.
 *
 * @packageDocumentation
 */

import type * as common from "./index.js";
import type {
  CallOptions,
  EnvironmentFilters,
  EnvironmentLeaseFilters,
  EnvironmentServiceSource,
  ServiceStatistics,
} from "./index.js";

export type {
  CallEvent,
  CallOptions,
  ConnectionError,
  ConnectionSource,
  ConnectionTls,
  DatabaseError,
  DrizzleDatabase,
  EnvironmentDriver,
  EnvironmentFilters,
  EnvironmentLeaseCleanupStatus,
  EnvironmentLeaseFilters,
  EnvironmentLeasePolicy,
  EnvironmentServiceSource,
  EnvironmentStatus,
  NodePostgresPool,
  OutcomeUnknownError,
  PostgresJsClient,
  ServiceStatistics,
} from "./index.js";

/**
 * Where a lease is in its life. A `retained` lease has ended, but is not released. A `pending_cleanup` lease has ended
 * as well, and is the last record of a sandbox that is still to be destroyed.
 *
 * @example
 * ```ts
 * import type { EnvironmentLeaseStatus } from "paperclip-environment-service/2026.916";
 *
 * const status: EnvironmentLeaseStatus = "pending_cleanup";
 * const leftOver = await environments.listLeases(environmentId, { status });
 * console.log(leftOver.map(({ providerLeaseId }) => providerLeaseId));
 * ```
 */
export type EnvironmentLeaseStatus = common.EnvironmentLeaseStatus | "pending_cleanup";

/**
 * The value of an environment variable, or where Paperclip finds it when a run starts. The service stores and reads
 * these as they are, and looks nothing up.
 *
 * @example
 * ```ts
 * import type { EnvironmentVariable } from "paperclip-environment-service/2026.916";
 *
 * const isSecret = (variable: EnvironmentVariable) => typeof variable === "object" && variable.type !== "plain";
 * const environment = await environments.getById(environmentId);
 * console.log(Object.values(environment?.envVars ?? {}).filter(isSecret).length);
 * ```
 */
export type EnvironmentVariable =
  | string
  | { type: "plain"; value: string }
  | {
      /** A secret of a company. */
      type: "secret_ref";
      secretId: string;
      version?: number | "latest";
      projectionClass?: "unclassified" | "class_3_static_lease";
      projectionAllowlistKey?: string | null;
    }
  | {
      /** A secret of the user for whom the run is. */
      type: "user_secret_ref";
      /** The key under which the company asks its users for it. */
      key: string;
      version?: number | "latest";
      required?: boolean;
      allowMissingOverride?: boolean;
    };

/**
 * The variables that runs are given, by their names.
 *
 * @example
 * ```ts
 * import type { EnvironmentVariables } from "paperclip-environment-service/2026.916";
 *
 * const envVars: EnvironmentVariables = {
 *   LANG: "C.UTF-8",
 *   DEPLOY_KEY: { type: "secret_ref", secretId: "0d9c6b0e-3f53-4d3a-8a2c-6f1f6f3a7b52", version: "latest" },
 * };
 * await environments.update(environmentId, { envVars });
 * ```
 */
export type EnvironmentVariables = Record<string, EnvironmentVariable>;

/**
 * Where an agent may run.
 *
 * @example
 * ```ts
 * const environment = await environments.getById(environmentId);
 * if (environment?.driver === "sandbox") console.log(environment.config["provider"], environment.envVars);
 * ```
 */
export interface Environment extends Omit<common.Environment, "companyId"> {
  /** Unique in the instance. */
  name: string;
  /** A stored value that is not a JSON object reads as `{}`. */
  envVars: EnvironmentVariables;
}

/**
 * The record that a run holds an environment.
 *
 * @example
 * ```ts
 * const lease = await environments.getLeaseById(leaseId);
 * if (lease?.environmentId === null) console.log("Its environment has been deleted");
 * ```
 */
export interface EnvironmentLease extends Omit<common.EnvironmentLease, "environmentId" | "status"> {
  /** Null once the environment has been deleted: its leases stay. */
  environmentId: string | null;
  status: EnvironmentLeaseStatus;
}

/**
 * What a new environment is made of.
 *
 * @example
 * ```ts
 * import type { CreateEnvironment } from "paperclip-environment-service/2026.916";
 *
 * const buildHost: CreateEnvironment = {
 *   name: "Build host",
 *   driver: "ssh",
 *   config: { host: "build.example.org", port: 22 },
 *   envVars: { CI: "true" },
 * };
 * ```
 */
export interface CreateEnvironment extends common.CreateEnvironment {
  /** Any JSON value, with the meaning of `JSON.stringify`. Default: `{}`. */
  envVars?: EnvironmentVariables | undefined;
}

/**
 * What is to change of an environment: what is `undefined` stays, `null` clears.
 *
 * @example
 * ```ts
 * import type { UpdateEnvironment } from "paperclip-environment-service/2026.916";
 *
 * const patch: UpdateEnvironment = { description: null, envVars: {} };
 * ```
 */
export interface UpdateEnvironment extends common.UpdateEnvironment {
  /** All of them: those that are not named are gone. */
  envVars?: EnvironmentVariables | undefined;
  /**
   * Replaces the whole, copied as `{ ...metadata }` copies it. A patch that has metadata or a status removes the mark
   * by which {@link EnvironmentService.ensureManagedSandboxEnvironment} knows that the platform itself archived the
   * environment.
   */
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * What a new lease is made of, or what a reusable one is taken over with.
 *
 * A reusable lease is one with the policy `reuse_by_environment`, of the same company, environment, execution workspace
 * and provider's lease as the input says. Both ways to take one over need `executionWorkspaceId` and
 * `providerLeaseId`, and exclude each other; an `Error` says what is missing before anything is sent.
 *
 * @example
 * ```ts
 * import type { AcquireEnvironmentLease } from "paperclip-environment-service/2026.916";
 *
 * function takingOver(previous: { id: string; executionWorkspaceId: string; providerLeaseId: string }) {
 *   const { id, executionWorkspaceId, providerLeaseId } = previous;
 *   const input: AcquireEnvironmentLease = {
 *     ...{ companyId, environmentId, executionWorkspaceId, providerLeaseId },
 *     heartbeatRunId: runId,
 *     leasePolicy: "reuse_by_environment",
 *     replacesReusableLeaseId: id,
 *   };
 *   return input;
 * }
 * ```
 */
export interface AcquireEnvironmentLease extends common.AcquireEnvironmentLease {
  /**
   * A reusable lease, released or retained, whose sandbox the new lease goes on with: it expires, and the new one is
   * made, or neither happens. If it is not there as described, the call rejects with a 409 {@link HttpError}.
   */
  replacesReusableLeaseId?: string | null;
  /**
   * A reusable lease of the same `heartbeatRunId`, which is then needed: it becomes active again, with the input's
   * `expiresAt` and `metadata` (null where not given), and nothing is made. It may be active, released or retained; if
   * it is not there as described, the call rejects with a 409 {@link HttpError}.
   */
  reusesReusableLeaseId?: string | null;
  /**
   * Whether the environment must be free to the company: it is, unless it is bound to companies
   * ({@link EnvironmentService.listBoundCompanyIds}) and this is none of them. Then the call rejects with a 403
   * {@link HttpError}, whose `details` are `{ code: "environment_company_mismatch" }`. It stays so until the lease is
   * made. Default: false.
   */
  assertCompanyBinding?: boolean;
}

/**
 * What else is recorded when a lease ends. What is `undefined` stays as it is, but for the receipt.
 *
 * @example
 * ```ts
 * import type { ReleaseEnvironmentLeaseOptions } from "paperclip-environment-service/2026.916";
 *
 * const destroyed: ReleaseEnvironmentLeaseOptions = {
 *   cleanupStatus: "success",
 *   remoteExecutionTermination: { state: "destroyed" },
 * };
 * await environments.releaseLease(leaseId, "released", destroyed);
 * ```
 */
export interface ReleaseEnvironmentLeaseOptions extends common.ReleaseEnvironmentLeaseOptions {
  /**
   * A receipt that what ran there has been stopped. It is put into the lease's metadata under this name; without it,
   * one that is there is removed.
   */
  remoteExecutionTermination?: Record<string, unknown>;
}

/**
 * What is known of a sandbox that nobody holds and that is still to be destroyed.
 *
 * @example
 * ```ts
 * import type { PendingCleanupLease } from "paperclip-environment-service/2026.916";
 *
 * const orphan: PendingCleanupLease = {
 *   ...{ companyId, environmentId, heartbeatRunId: runId },
 *   provider: "daytona",
 *   providerLeaseId: "sandbox-17",
 *   failureReason: "The lease could not be recorded",
 * };
 * await environments.insertPendingCleanupLease(orphan);
 * ```
 */
export interface PendingCleanupLease {
  companyId: string;
  /** If it has been deleted meanwhile, the lease is recorded without an environment. */
  environmentId: string;
  executionWorkspaceId?: string | null;
  issueId?: string | null;
  heartbeatRunId?: string | null;
  provider?: string | null;
  /** The provider's own name for the sandbox. */
  providerLeaseId?: string | null;
  metadata?: Record<string, unknown> | null;
  failureReason: string;
}

/**
 * Why an environment cannot be deleted: it is the local one, or the instance's default; or one of its leases keeps
 * hold of a sandbox, to be used again (with the policy `reuse_by_environment`, and active, released or retained) or to
 * be destroyed.
 *
 * @example
 * ```ts
 * import type { EnvironmentDeleteBlockedReason } from "paperclip-environment-service/2026.916";
 *
 * const bySandbox: EnvironmentDeleteBlockedReason[] = ["reusable_sandbox_lease", "pending_sandbox_cleanup"];
 * const radius = await environments.getDeleteBlastRadius(environmentId);
 * console.log(radius?.deleteBlockedReasons.some((reason) => bySandbox.includes(reason)));
 * ```
 */
export type EnvironmentDeleteBlockedReason =
  "managed_local" | "instance_default" | "pending_sandbox_cleanup" | "reusable_sandbox_lease";

/**
 * A reusable lease that stops a deletion, with the execution workspace and the issue that it is for.
 *
 * @example
 * ```ts
 * const radius = await environments.getDeleteBlastRadius(environmentId);
 * for (const { leaseId, issueIdentifier } of radius?.reusableSandboxLeaseHolders ?? []) {
 *   console.log(`${leaseId} is for ${issueIdentifier ?? "no issue"}`);
 * }
 * ```
 */
export interface EnvironmentDeleteReusableLeaseHolder {
  leaseId: string;
  executionWorkspaceId: string | null;
  executionWorkspaceName: string | null;
  issueId: string | null;
  /** Such as `PAP-17`. */
  issueIdentifier: string | null;
  issueTitle: string | null;
}

/**
 * What hangs on an environment: what forbids its deletion, what would lose it, and what uses it now.
 *
 * @example
 * ```ts
 * const radius = await environments.getDeleteBlastRadius(environmentId);
 * if (radius && !radius.canDelete) console.warn(radius.deleteBlockedReasons.join(", "));
 * ```
 */
export interface EnvironmentDeleteBlastRadius {
  /** As it was given. */
  environmentId: string;
  /** There is no reason against it. */
  canDelete: boolean;
  deleteBlockedReasons: EnvironmentDeleteBlockedReason[];
  /** Its leases with the status `pending_cleanup`. */
  pendingCleanupLeaseCount: number;
  /** How many holders there are. */
  reusableSandboxLeaseCount: number;
  /** One for each lease, in no order that is promised. */
  reusableSandboxLeaseHolders: EnvironmentDeleteReusableLeaseHolder[];
  /** What names it. */
  staticReferences: {
    /** Its driver is `local`. */
    isManagedLocal: boolean;
    isInstanceDefault: boolean;
    /** Agents whose default it is. */
    agentDefaultCount: number;
    executionWorkspaceSelectionCount: number;
    issueSelectionCount: number;
    projectSelectionCount: number;
    /** Secrets that its variables and configuration refer to. */
    secretBindingCount: number;
  };
  /** What runs in it; neither forbids the deletion. */
  activeRuntimeUse: {
    activeLeaseCount: number;
    /** Sessions that set up an image for it: starting, waiting for the user, or capturing. */
    activeCustomImageSetupSessionCount: number;
    /** One of the two is not 0. */
    hasActiveRuntimeUse: boolean;
  };
}

/**
 * What the platform wants the instance's managed sandbox environment to be. Of name, description, configuration,
 * metadata and status together a hash is made, the stock's.
 *
 * @example
 * ```ts
 * import type { ManagedSandboxEnvironmentInput } from "paperclip-environment-service/2026.916";
 *
 * const wanted: ManagedSandboxEnvironmentInput = {
 *   name: "Cloud sandbox",
 *   provider: "daytona",
 *   config: { image: "ubuntu:24.04", reuseLease: true },
 *   stockVersion: "2026-09",
 * };
 * ```
 */
export interface ManagedSandboxEnvironmentInput {
  /** The company for which it is recorded what was installed. Default: all companies. */
  companyId?: string;
  /** Where an environment other than the managed one has it, the managed one keeps the name that it has. */
  name: string;
  /** Default: null. */
  description?: string;
  /** Which sandbox provider it is for: the driver's key of a plugin. */
  provider: string;
  /** The provider's configuration, stored with `provider` in it, and judged by the plugin when a lease begins. */
  config?: Record<string, unknown>;
  /** More keys of the metadata, which the platform controls from then on. */
  extraMetadata?: Record<string, unknown>;
  /** Noted with what was installed, and never compared: hashes decide. */
  stockVersion?: string;
  /**
   * That no operator can have changed the environment, so that one that differs from what was installed is brought up
   * to date and not left alone. One that was archived again on purpose stays archived. Default: false.
   */
  platformFullyManaged?: boolean;
}

/**
 * What was done with the managed sandbox environment: it was made, brought up to date, found to be as wanted, or left
 * to the operator who has changed it.
 *
 * @example
 * ```ts
 * import type { ManagedSandboxEnvironmentReconcileAction } from "paperclip-environment-service/2026.916";
 *
 * const changes: ManagedSandboxEnvironmentReconcileAction[] = ["added", "updated"];
 * const { action } = await environments.ensureManagedSandboxEnvironment({ name: "Sandbox", provider: "daytona" });
 * console.log(changes.includes(action));
 * ```
 */
export type ManagedSandboxEnvironmentReconcileAction = "added" | "updated" | "unchanged" | "skipped";

/**
 * How the managed sandbox environment compared with what is wanted: it was not there, was the same, was as it had been
 * installed, or was something else.
 *
 * @example
 * ```ts
 * import type { ManagedResourceStockStatus } from "paperclip-environment-service/2026.916";
 *
 * const wanted = { name: "Sandbox", provider: "daytona" };
 * const { stockStatus } = await environments.ensureManagedSandboxEnvironment(wanted);
 * const status: ManagedResourceStockStatus = stockStatus;
 * if (status === "operator_modified") console.warn("Somebody has changed the environment");
 * ```
 */
export type ManagedResourceStockStatus =
  "missing" | "stock_current" | "stock_update_available" | "operator_modified";

/**
 * What has become of the managed sandbox environment.
 *
 * @example
 * ```ts
 * const wanted = { name: "Sandbox", provider: "daytona" };
 * const { environment, updateAvailable } = await environments.ensureManagedSandboxEnvironment(wanted);
 * if (updateAvailable) console.warn(`${environment.name} is not what the platform would have it be`);
 * ```
 */
export interface ManagedSandboxEnvironmentReconcileResult {
  /** As it is now. */
  environment: Environment;
  action: ManagedSandboxEnvironmentReconcileAction;
  /** As it was before the call. */
  stockStatus: ManagedResourceStockStatus;
  /** Something else is wanted, but an operator's changes were kept. */
  updateAvailable: boolean;
  /** Of what is wanted: `sha256:` and 64 hexadecimal digits. */
  stockHash: string;
}

/**
 * The configuration of the managed Kubernetes environment. It is stored as it is, other keys as well, with the
 * `provider` `kubernetes`; the plugin of that name judges it when a lease begins.
 *
 * @example
 * ```ts
 * import type { KubernetesEnvironmentConfigInput } from "paperclip-environment-service/2026.916";
 *
 * const config: KubernetesEnvironmentConfigInput = {
 *   inCluster: true,
 *   egressMode: "standard",
 *   egressAllowFqdns: ["registry.npmjs.org"],
 *   timeoutMs: 600_000,
 * };
 * ```
 */
export interface KubernetesEnvironmentConfigInput {
  /** Whether runs are sandbox resources or plain jobs. */
  backend?: "sandbox-cr" | "job";
  /** Whether Paperclip itself runs in the cluster. */
  inCluster?: boolean;
  runtimeClassName?: string;
  /** By what outgoing traffic is confined. */
  egressMode?: "cilium" | "standard";
  /** Host names that may be reached. */
  egressAllowFqdns?: string[];
  /** Ranges of addresses that may be reached. */
  egressAllowCidrs?: string[];
  namespacePrefix?: string;
  imageRegistry?: string;
  adapterType?: string;
  /** How long the plugin may take to acquire a sandbox, in milliseconds. */
  timeoutMs?: number;
  /** All adapters that there are; left out, the plugin has its own. */
  adapters?: KubernetesAdapter[];
  [key: string]: unknown;
}

/**
 * An adapter, by which an agent is run, and what it needs in the cluster.
 *
 * @example
 * ```ts
 * import type { KubernetesAdapter } from "paperclip-environment-service/2026.916";
 *
 * const opencode: KubernetesAdapter = {
 *   adapterType: "opencode_local",
 *   runtimeImage: "registry.example.org/opencode:1",
 *   envKeys: ["OPENAI_API_KEY"],
 *   allowFqdns: ["api.openai.com"],
 * };
 * ```
 */
export interface KubernetesAdapter {
  adapterType: string;
  /** Whether it may be chosen. Default: true. */
  enabled?: boolean;
  /** The image of the container. */
  runtimeImage?: string;
  /** Variables of the server's process that the container is given. */
  envKeys?: string[];
  /** Host names that it may reach. */
  allowFqdns?: string[];
  /** A command that succeeds if the container is well. */
  probeCommand?: string[];
  /** Variables of the container, none of them secret, over which those of `envKeys` take precedence. */
  defaultEnv?: Record<string, string>;
}

/**
 * A drizzle database or transaction, as far as Paperclip's types promise it. It has to have `execute` and
 * `transaction`, as all of drizzle's have.
 *
 * @example
 * ```ts
 * import { drizzle } from "drizzle-orm/postgres-js";
 * import postgres from "postgres";
 *
 * const db = drizzle(postgres("postgres://localhost/paperclip"));
 * await db.transaction((tx) => environments.update(environmentId, { status: "archived" }, { db: tx }));
 * ```
 */
export interface DrizzleTransaction {
  select: (...parameters: never[]) => unknown;
  insert: (...parameters: never[]) => unknown;
  update: (...parameters: never[]) => unknown;
  delete: (...parameters: never[]) => unknown;
}

/**
 * Per-call options of what may be part of a transaction.
 *
 * @example
 * ```ts
 * import type { EnvironmentWriteOptions } from "paperclip-environment-service/2026.916";
 *
 * const soon: EnvironmentWriteOptions = { signal: AbortSignal.timeout(2_000) };
 * await environments.update(environmentId, { name: "Old build host" }, soon);
 * ```
 */
export interface EnvironmentWriteOptions extends CallOptions {
  /**
   * A transaction that the statement is to be part of: it is sent through this, and what PostgreSQL has refused there
   * leaves nothing but to roll back. Left out, or the source of the service itself: the service's own connections.
   */
  db?: DrizzleTransaction | undefined;
}

/**
 * An error that Paperclip's server answers with a status of its own.
 *
 * It is what the functions of {@link PaperclipServer} return. Where they are not given, it is an `Error` with these
 * properties, which the server takes for one of its own faults, and answers with 500.
 *
 * @example
 * ```ts
 * import type { HttpError } from "paperclip-environment-service/2026.916";
 *
 * try {
 *   await environments.create({ name: "Build host", driver: "ssh" });
 * } catch (error) {
 *   const { status, message } = error as HttpError;
 *   if (status === 409) console.warn(message);
 * }
 * ```
 */
export interface HttpError extends Error {
  /** 409 for a conflict, 403 for what is forbidden. */
  status: number;
  /** Undefined for a conflict. */
  details?: unknown;
}

/**
 * What Paperclip's log of activities is told of a managed sandbox environment, once for each company.
 *
 * @example
 * ```ts
 * import type { ManagedEnvironmentActivity } from "paperclip-environment-service/2026.916";
 *
 * const told: ManagedEnvironmentActivity[] = [];
 * environmentService(process.env.DATABASE_URL, { server: { logActivity: (_, entry) => told.push(entry) } });
 * ```
 */
export interface ManagedEnvironmentActivity {
  companyId: string;
  actorType: "system";
  actorId: "managed-environment-reconciler";
  /** `tracking_initialized`: the environment was left unchanged, but for the first time for one of the companies. */
  action:
    | "environment.managed_stock_added"
    | "environment.managed_stock_updated"
    | "environment.managed_stock_skipped"
    | "environment.managed_stock_tracking_initialized"
    | "environment.managed_provider_unavailable_archived";
  entityType: "environment";
  entityId: string;
  /** The provider, and what the call resolves to, without the environment. */
  details: Record<string, unknown>;
}

/**
 * Functions of Paperclip's server that the service calls. Any other key is refused.
 *
 * @example
 * ```ts
 * import type { PaperclipServer } from "paperclip-environment-service/2026.916";
 *
 * class Refusal extends Error {
 *   constructor(readonly status: number, message: string, readonly details?: unknown) {
 *     super(message);
 *   }
 * }
 * const server: PaperclipServer = {
 *   conflict: (message) => new Refusal(409, message),
 *   forbidden: (message, details) => new Refusal(403, message, details),
 * };
 * environmentService(process.env.DATABASE_URL, { server });
 * ```
 */
export interface PaperclipServer {
  /** Makes the error that a call rejects with where the server is to answer 409. Default: see {@link HttpError}. */
  conflict?: ((message: string) => unknown) | undefined;
  /** The same for 403. */
  forbidden?: ((message: string, details?: unknown) => unknown) | undefined;
  /**
   * Called after a managed sandbox environment was changed, with the source of the service. What it returns is waited
   * for, and if it fails, the call rejects although the environment has been changed. Default: nothing is logged.
   */
  logActivity?(db: common.DrizzleDatabase, entry: ManagedEnvironmentActivity): unknown;
}

/**
 * Settings of the service itself; they override what the source says. Times are milliseconds.
 *
 * @example
 * ```ts
 * const environments = environmentService(process.env.DATABASE_URL, {
 *   maxConnections: 2,
 *   server: { conflict: (message) => Object.assign(new Error(message), { status: 409 }) },
 * });
 * ```
 */
export interface EnvironmentServiceOptions extends common.EnvironmentServiceOptions {
  /** The server that the service is part of. */
  server?: PaperclipServer | undefined;
}

/**
 * The environment service of one database.
 *
 * What {@link common.EnvironmentService} says of promises, results, {@link CallOptions} and errors holds here, too.
 * In the examples, `environments` is such a service. Where a method takes a company that no longer matters, it is
 * ignored. The methods reject with these errors as well:
 * - an {@link HttpError}, where a method says 409 or 403;
 * - an `Error` with the code `WRONG_GENERATION`, if the database has the tables of another Paperclip: its message says
 *   of which, and what to import instead. Nothing is read or written then.
 *
 * @example
 * ```ts
 * import type { EnvironmentService } from "paperclip-environment-service/2026.916";
 *
 * async function namesOf(service: EnvironmentService): Promise<string[]> {
 *   return (await service.list()).map(({ name }) => name);
 * }
 * console.log(await namesOf(environments));
 * ```
 */
export interface EnvironmentService extends AsyncDisposable {
  /**
   * The instance's environments, the last updated first. Filters that are falsy do not filter.
   *
   * @param companyIdOrFilters a company, which is ignored, or the filters.
   *
   * @example
   * ```ts
   * const ready = await environments.list({ status: "active" });
   * const same = await environments.list(companyId, { status: "active" });
   * ```
   */
  list: (
    companyIdOrFilters?: string | EnvironmentFilters,
    maybeFilters?: EnvironmentFilters,
    options?: CallOptions,
  ) => Promise<Environment[]>;

  /**
   * The JSON text of what `list` resolves to, in UTF-8: byte for byte that of `JSON.stringify`, made
   * away from the main thread, to be sent as it is.
   *
   * @example
   * ```ts
   * const json = await environments.listJson({ driver: "ssh" });
   * console.log(json.toString("utf8"));
   * ```
   */
  listJson: (
    companyIdOrFilters?: string | EnvironmentFilters,
    maybeFilters?: EnvironmentFilters,
    options?: CallOptions,
  ) => Promise<Buffer>;

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
   * The companies to which Paperclip has bound the environment, each once, in no order that is promised. One that is
   * bound to none is every company's.
   *
   * @example
   * ```ts
   * const companies = await environments.listBoundCompanyIds(environmentId);
   * const isOpen = companies.length === 0 || companies.includes(companyId);
   * ```
   */
  listBoundCompanyIds: (environmentId: string, options?: CallOptions) => Promise<string[]>;

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
   * The instance's local environment, made if there is none. One that is there is returned untouched, archived or not,
   * except where Paperclip's cloud manages the instance, which the server's environment variables tell: there it is
   * marked as `managedByPaperclip` in its metadata. Concurrent calls, from any number of processes, agree on one row.
   *
   * @example
   * ```ts
   * const { id, driver } = await environments.ensureLocalEnvironment();
   * ```
   */
  ensureLocalEnvironment: (companyId?: string, options?: CallOptions) => Promise<Environment>;

  /**
   * The instance's managed sandbox environment, made or brought up to date. There is at most one; an unmanaged sandbox
   * environment of the same name can become it. What an operator has changed since it was installed is kept: the
   * result says `skipped` then. What the platform itself archived becomes active again.
   *
   * All of it is one transaction of the drizzle database that has to be the source of the service (otherwise it
   * rejects with a `TypeError`). Afterwards the server's `logActivity` is called, unless nothing has changed. It
   * rejects with an `Error` if an environment with another driver has the name.
   *
   * @example
   * ```ts
   * const { environment, action } = await environments.ensureManagedSandboxEnvironment({
   *   name: "Cloud sandbox",
   *   provider: "daytona",
   *   config: { image: "ubuntu:24.04" },
   * });
   * console.log(`${environment.name}: ${action}`);
   * ```
   */
  ensureManagedSandboxEnvironment: (
    input: ManagedSandboxEnvironmentInput,
    options?: CallOptions,
  ) => Promise<ManagedSandboxEnvironmentReconcileResult>;

  /**
   * Archives the managed sandbox environment while its provider is not to be had, until
   * `ensureManagedSandboxEnvironment` makes it active again. Resolves to it, or to null if there is no active one of
   * this provider. It needs what that method needs.
   *
   * @example
   * ```ts
   * const archived = await environments.archiveManagedSandboxEnvironment({ provider: "daytona" });
   * ```
   */
  archiveManagedSandboxEnvironment: (
    input: {
      provider: string;
      /** As in {@link ManagedSandboxEnvironmentInput}. */
      companyId?: string;
    },
    options?: CallOptions,
  ) => Promise<Environment | null>;

  /**
   * The managed sandbox environment, named `Kubernetes Sandbox` and made for the provider `kubernetes` as
   * `ensureManagedSandboxEnvironment` makes it, whatever that has done.
   *
   * @param companyIdOrConfig the company for which it is done, with the configuration behind it, or the configuration.
   *
   * @example
   * ```ts
   * const forAll = await environments.ensureKubernetesEnvironment({ inCluster: true });
   * const forOne = await environments.ensureKubernetesEnvironment(companyId, { inCluster: true });
   * ```
   */
  ensureKubernetesEnvironment: (
    companyIdOrConfig: string | KubernetesEnvironmentConfigInput,
    maybeConfig?: KubernetesEnvironmentConfigInput,
    options?: CallOptions,
  ) => Promise<Environment>;

  /**
   * The active environment that `ensureKubernetesEnvironment` has made, or null.
   *
   * @example
   * ```ts
   * const kubernetes = await environments.findKubernetesEnvironment();
   * ```
   */
  findKubernetesEnvironment: (companyId?: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * The managed sandbox environment, or null if there is none.
   *
   * @param options whether one that is archived counts; default: it does not.
   *
   * @example
   * ```ts
   * const active = await environments.findManagedSandboxEnvironment();
   * const any = await environments.findManagedSandboxEnvironment(companyId, { includeArchived: true });
   * ```
   */
  findManagedSandboxEnvironment: (
    companyId?: string,
    options?: { includeArchived?: boolean },
    callOptions?: CallOptions,
  ) => Promise<Environment | null>;

  /**
   * A new environment. Rejects with a 409 {@link HttpError} if the name is taken, or if it is a second local one.
   *
   * @param companyIdOrInput a company, which is ignored, with the input behind it, or the input.
   * @param options with `db`, it is part of a transaction of the caller's.
   *
   * @example
   * ```ts
   * const environment = await environments.create({
   *   name: "Build host",
   *   driver: "ssh",
   *   config: { host: "build.example.org" },
   * });
   * ```
   */
  create: (
    companyIdOrInput: string | CreateEnvironment,
    maybeInput?: CreateEnvironment,
    options?: EnvironmentWriteOptions,
  ) => Promise<Environment>;

  /**
   * The changed environment, or null if there is none. `updatedAt` is set in any case. Rejects with a 409
   * {@link HttpError} if the new name is taken, or if it would be a second local one.
   *
   * @param options with `db`, it is part of a transaction of the caller's.
   *
   * @example
   * ```ts
   * const archived = await environments.update(environmentId, { status: "archived" });
   * ```
   */
  update: (
    id: string,
    patch: UpdateEnvironment,
    options?: EnvironmentWriteOptions,
  ) => Promise<Environment | null>;

  /**
   * Deletes the environment, whatever hangs on it; resolves to what was deleted, or null. Its leases stay, without an
   * environment.
   *
   * @example
   * ```ts
   * const removed = await environments.remove(environmentId);
   * if (removed === null) console.log("It was not there");
   * ```
   */
  remove: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * Deletes the environment, unless one of the {@link EnvironmentDeleteBlockedReason | reasons} against it holds;
   * resolves to what was deleted, or null. The environment is locked while that is found out, so that no lease is
   * acquired in between.
   *
   * @example
   * ```ts
   * if ((await environments.removeIfDeletable(environmentId)) === null) {
   *   const radius = await environments.getDeleteBlastRadius(environmentId);
   *   console.warn(radius?.deleteBlockedReasons ?? "It was not there");
   * }
   * ```
   */
  removeIfDeletable: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * Whether a lease of the environment has the status `pending_cleanup`.
   *
   * @example
   * ```ts
   * if (await environments.hasUnresolvedPendingCleanupLeases(environmentId)) {
   *   console.warn("A sandbox is still to be destroyed by this provider");
   * }
   * ```
   */
  hasUnresolvedPendingCleanupLeases: (environmentId: string, options?: CallOptions) => Promise<boolean>;

  /**
   * What hangs on the environment, or null if there is none. Workspaces, issues, projects and secrets name it as text,
   * so the id has to be as it is read: in lower case.
   *
   * @example
   * ```ts
   * const radius = await environments.getDeleteBlastRadius(environmentId);
   * console.log(`${radius?.staticReferences.agentDefaultCount} agents would lose their default`);
   * ```
   */
  getDeleteBlastRadius: (id: string, options?: CallOptions) => Promise<EnvironmentDeleteBlastRadius | null>;

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
   * A new, active lease, or a reusable one that is taken over: see {@link AcquireEnvironmentLease}, also for when it
   * rejects with a 409 or 403 {@link HttpError}. What becomes of it when a connection breaks is as
   * {@link common.EnvironmentService.acquireLease} says.
   *
   * @example
   * ```ts
   * const lease = await environments.acquireLease({
   *   companyId,
   *   environmentId,
   *   heartbeatRunId: runId,
   *   assertCompanyBinding: true,
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
   * await environments.releaseLease(leaseId, "pending_cleanup", { cleanupStatus: "failed" });
   * ```
   */
  releaseLease: (
    id: string,
    status?: Extract<
      EnvironmentLeaseStatus,
      "released" | "expired" | "failed" | "retained" | "pending_cleanup"
    >,
    options?: ReleaseEnvironmentLeaseOptions,
    callOptions?: CallOptions,
  ) => Promise<EnvironmentLease | null>;

  /**
   * A new lease that has ended already, with the status `pending_cleanup`, the clean-up status `failed` and the policy
   * `ephemeral`: the record of a sandbox that is still to be destroyed. It is made also where the environment has been
   * deleted, and whatever companies it is bound to.
   *
   * @example
   * ```ts
   * const orphan = await environments.insertPendingCleanupLease({
   *   companyId,
   *   environmentId,
   *   provider: "daytona",
   *   providerLeaseId: "sandbox-17",
   *   failureReason: "The lease could not be recorded",
   * });
   * if (orphan.environmentId === null) console.log("Its environment has been deleted");
   * ```
   */
  insertPendingCleanupLease: (input: PendingCleanupLease, options?: CallOptions) => Promise<EnvironmentLease>;

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
   * Ends the active leases of a run; resolves to those that it ended. Their metadata stay.
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
   * Numbers of the connections and calls: see {@link common.EnvironmentService.stats}.
   *
   * @example
   * ```ts
   * console.log(environments.stats().connections.open);
   * ```
   */
  stats: () => ServiceStatistics;

  /**
   * Waits for the calls under way and disconnects: see {@link common.EnvironmentService.close}.
   *
   * @example
   * ```ts
   * await using mine = environmentService();
   * await mine.list();
   * // Closed at the end of the block, with `await using` or by `await mine.close()`.
   * ```
   */
  close: () => Promise<void>;
}

/**
 * The environment service of the database that `source` speaks of. What the `environmentService` of
 * `paperclip-environment-service` says of sources, connections and mistakes holds here, too.
 *
 * @param source where the database is; left out, the environment variable `DATABASE_URL` says it. The managed sandbox
 * environment needs a drizzle database here.
 *
 * @example
 * ```ts
 * import { environmentService } from "paperclip-environment-service/2026.916";
 *
 * const environments = environmentService("postgres://paperclip@localhost/paperclip");
 * const local = await environments.ensureLocalEnvironment();
 * console.log(local.driver); // "local"
 * await environments.close();
 * ```
 */
export declare function environmentService(
  source?: EnvironmentServiceSource,
  options?: EnvironmentServiceOptions,
): EnvironmentService;
