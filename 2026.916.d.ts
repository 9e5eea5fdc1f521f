/**
 * The environment service of Paperclip 2026.824 to 2026.916.
 *
 * Environments belong to the whole instance here, not to a company. Leases belong to a company, as in 2026.427. What
 * this entry shares with `paperclip-environment-service` itself is documented there.
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
 * The state of a lease. A `retained` lease has ended, but is not released. A `pending_cleanup` lease has ended as well,
 * and is the last record of a sandbox that has still to be destroyed.
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
      /** A secret of the user for whom the agent runs. */
      type: "user_secret_ref";
      /** The key by which the company asks its users for it. */
      key: string;
      version?: number | "latest";
      required?: boolean;
      allowMissingOverride?: boolean;
    };

/**
 * The environment variables of runs, by name.
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
  /** Null once the environment has been deleted. Its leases stay. */
  environmentId: string | null;
  status: EnvironmentLeaseStatus;
}

/**
 * The input for a new environment.
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
 * Changes to an environment. A field that is `undefined` stays as it is, and `null` clears it.
 *
 * @example
 * ```ts
 * import type { UpdateEnvironment } from "paperclip-environment-service/2026.916";
 *
 * const patch: UpdateEnvironment = { description: null, envVars: {} };
 * ```
 */
export interface UpdateEnvironment extends common.UpdateEnvironment {
  /** Replaces all variables. */
  envVars?: EnvironmentVariables | undefined;
  /**
   * Replaces all metadata with a copy, as `{ ...metadata }` makes it. A patch with metadata or a status removes the mark
   * by which {@link EnvironmentService.ensureManagedSandboxEnvironment} recognises that the platform itself archived
   * the environment.
   */
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * The input for a new lease, or for taking over a reusable one.
 *
 * A reusable lease has the policy `reuse_by_environment`, and the same company, environment, execution workspace and
 * provider's lease as the input. The two ways to take one over exclude each other, and need `executionWorkspaceId` and
 * `providerLeaseId`. If one is missing, the call rejects with an `Error` that names it, and sends nothing.
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
   * A reusable lease, released or retained, whose sandbox the new lease takes over. It expires and the new lease is
   * created, or neither happens. If there is no such lease, the call rejects with a 409 {@link HttpError}.
   */
  replacesReusableLeaseId?: string | null;
  /**
   * A reusable lease of the same `heartbeatRunId`, which is required here. It becomes active again, with the input's
   * `expiresAt` and `metadata` (null if not given), and no lease is created. It may be active, released or retained. If
   * there is no such lease, the call rejects with a 409 {@link HttpError}.
   */
  reusesReusableLeaseId?: string | null;
  /**
   * Whether to check that the company may use the environment. If the environment is bound to other companies only
   * ({@link EnvironmentService.listBoundCompanyIds}), the call rejects with a 403 {@link HttpError}, whose `details` are
   * `{ code: "environment_company_mismatch" }`. The environment is locked from the check until the lease exists.
   * Default: false.
   */
  assertCompanyBinding?: boolean;
}

/**
 * What else to record when a lease ends. A field that is `undefined` stays as it is, except for the receipt.
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
   * The provider's receipt that the sandbox has been stopped. It is stored in the lease's metadata under this name.
   * Without it, an existing receipt is removed.
   */
  remoteExecutionTermination?: Record<string, unknown>;
}

/**
 * A sandbox without a lease that has still to be destroyed.
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
  /** If it has been deleted in the meantime, the lease has no environment. */
  environmentId: string;
  executionWorkspaceId?: string | null;
  issueId?: string | null;
  heartbeatRunId?: string | null;
  provider?: string | null;
  /** The provider's own id of the sandbox. */
  providerLeaseId?: string | null;
  metadata?: Record<string, unknown> | null;
  failureReason: string;
}

/**
 * Why an environment cannot be deleted: it is the local one or the instance's default, or one of its leases holds a
 * sandbox that may be used again (an active, released or retained lease with the policy `reuse_by_environment`) or that
 * has still to be destroyed.
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
 * A reusable lease that prevents a deletion, with its execution workspace and its issue.
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
 * What refers to an environment: what prevents its deletion, what would lose it, and what uses it now.
 *
 * @example
 * ```ts
 * const radius = await environments.getDeleteBlastRadius(environmentId);
 * if (radius && !radius.canDelete) console.warn(radius.deleteBlockedReasons.join(", "));
 * ```
 */
export interface EnvironmentDeleteBlastRadius {
  /** The id as it was given. */
  environmentId: string;
  /** Whether there is no reason against it. */
  canDelete: boolean;
  deleteBlockedReasons: EnvironmentDeleteBlockedReason[];
  /** Its leases with the status `pending_cleanup`. */
  pendingCleanupLeaseCount: number;
  /** The number of holders. */
  reusableSandboxLeaseCount: number;
  /** One for each lease, in no particular order. */
  reusableSandboxLeaseHolders: EnvironmentDeleteReusableLeaseHolder[];
  /** References to the environment. */
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
  /** What runs in it. This does not prevent the deletion. */
  activeRuntimeUse: {
    activeLeaseCount: number;
    /** Sessions that set up an image for it: starting, waiting for the user, or capturing. */
    activeCustomImageSetupSessionCount: number;
    /** Whether one of the two is not 0. */
    hasActiveRuntimeUse: boolean;
  };
}

/**
 * The managed sandbox environment that the platform wants for the instance. The stock hash is a hash of its name,
 * description, configuration, metadata and status together.
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
  /** The company for which the installation is recorded. Default: all companies. */
  companyId?: string;
  /** If another environment has this name, the managed one keeps its current name. */
  name: string;
  /** Default: null. */
  description?: string;
  /** The sandbox provider: the driver's key of a plugin. */
  provider: string;
  /** The provider's configuration, stored together with `provider`. The plugin checks it when a lease begins. */
  config?: Record<string, unknown>;
  /** Further keys of the metadata, which the platform controls from then on. */
  extraMetadata?: Record<string, unknown>;
  /** Recorded with the installation, and never compared: the hashes are. */
  stockVersion?: string;
  /**
   * Whether only the platform can change the environment. Then one that differs from what was installed is updated
   * instead of skipped. One that was archived again on purpose stays archived. Default: false.
   */
  platformFullyManaged?: boolean;
}

/**
 * What was done with the managed sandbox environment: it was created, updated, found up to date, or skipped because an
 * operator has changed it.
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
 * The state of the managed sandbox environment before the call: it did not exist, was up to date, was unchanged since it
 * was installed, or was changed by an operator.
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
 * The result of reconciling the managed sandbox environment.
 *
 * @example
 * ```ts
 * const wanted = { name: "Sandbox", provider: "daytona" };
 * const { environment, updateAvailable } = await environments.ensureManagedSandboxEnvironment(wanted);
 * if (updateAvailable) console.warn(`${environment.name} is not what the platform would have it be`);
 * ```
 */
export interface ManagedSandboxEnvironmentReconcileResult {
  /** The environment after the call. */
  environment: Environment;
  action: ManagedSandboxEnvironmentReconcileAction;
  /** Its state before the call. */
  stockStatus: ManagedResourceStockStatus;
  /** Whether an update was skipped to keep an operator's changes. */
  updateAvailable: boolean;
  /** The hash of the wanted environment: `sha256:` and 64 hexadecimal digits. */
  stockHash: string;
}

/**
 * The configuration of the managed Kubernetes environment. It is stored as it is, including other keys, with the
 * `provider` `kubernetes`. The plugin of that name checks it when a lease begins.
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
  /** What restricts outgoing traffic. */
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
  /** All available adapters. Default: those of the plugin. */
  adapters?: KubernetesAdapter[];
  [key: string]: unknown;
}

/**
 * An adapter that runs an agent, and what it needs in the cluster.
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
  /** Whether it can be selected. Default: true. */
  enabled?: boolean;
  /** The image of the container. */
  runtimeImage?: string;
  /** Environment variables of the server's process to pass to the container. */
  envKeys?: string[];
  /** Host names that it may reach. */
  allowFqdns?: string[];
  /** A command that succeeds if the container is healthy. */
  probeCommand?: string[];
  /** Environment variables of the container, none of them secret. Those of `envKeys` take precedence. */
  defaultEnv?: Record<string, string>;
}

/**
 * The parts of a drizzle database or transaction in Paperclip's types. It must also have `execute` and `transaction`, as
 * all drizzle databases do.
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
 * Per-call options of methods that can be part of a transaction.
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
   * The transaction that the statement is to be part of. If PostgreSQL refuses the statement, the transaction can only be
   * rolled back. If absent, or the service's own source, the statement is sent on the service's own connections.
   */
  db?: DrizzleTransaction | undefined;
}

/**
 * An error that Paperclip's server answers with a particular HTTP status.
 *
 * It is what the functions of {@link PaperclipServer} return. Without them, it is an `Error` with these properties, which
 * the server treats as an internal error and answers with 500.
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
  /** 409 for a conflict, 403 if the call is forbidden. */
  status: number;
  /** Undefined for a conflict. */
  details?: unknown;
}

/**
 * An entry of Paperclip's activity log about a managed sandbox environment, one for each company.
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
  /** `tracking_initialized`: the environment is unchanged, and was recorded for a company for the first time. */
  action:
    | "environment.managed_stock_added"
    | "environment.managed_stock_updated"
    | "environment.managed_stock_skipped"
    | "environment.managed_stock_tracking_initialized"
    | "environment.managed_provider_unavailable_archived";
  entityType: "environment";
  entityId: string;
  /** The provider, and the call's result without the environment. */
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
  /** Makes the error for a call that the server should answer with 409. Default: see {@link HttpError}. */
  conflict?: ((message: string) => unknown) | undefined;
  /** The same for 403. */
  forbidden?: ((message: string, details?: unknown) => unknown) | undefined;
  /**
   * Called with the service's source after a managed sandbox environment was changed. Its result is awaited. If it
   * fails, the call rejects, although the environment has been changed. Default: nothing is logged.
   */
  logActivity?(db: common.DrizzleDatabase, entry: ManagedEnvironmentActivity): unknown;
}

/**
 * Settings of the service itself, which override those of the source. Times are in milliseconds.
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
 * Promises, results, {@link CallOptions} and errors are as in {@link common.EnvironmentService}. In the examples,
 * `environments` is such a service. Optional company ids are accepted for compatibility and ignored. The methods also
 * reject with these errors:
 * - an {@link HttpError}, if a method says 409 or 403;
 * - an `Error` with the code `WRONG_GENERATION`, if the database has the tables of another Paperclip release. Its
 *   message names the release, and what to import instead. Nothing is read or written.
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
   * The instance's environments, the last updated first. Falsy filters do not filter.
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
   * The result of `list` as JSON text in UTF-8, the same as that of `JSON.stringify` byte for byte. It is written off
   * the main thread, and can be sent as it is.
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
   * The companies that Paperclip has bound the environment to, each once, in no particular order. If there are none, all
   * companies may use it.
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
   * Returns the instance's local environment, and creates it if there is none. An existing one is returned unchanged,
   * archived or not. If Paperclip's cloud manages the instance, which the server's environment variables show, it is
   * marked as `managedByPaperclip` in its metadata. Concurrent calls, from any number of processes, agree on one row.
   *
   * @example
   * ```ts
   * const { id, driver } = await environments.ensureLocalEnvironment();
   * ```
   */
  ensureLocalEnvironment: (companyId?: string, options?: CallOptions) => Promise<Environment>;

  /**
   * Creates or updates the instance's managed sandbox environment. There is at most one; an unmanaged sandbox
   * environment of the same name can become it. If an operator has changed it since it was installed, it is not
   * updated, and the action is `skipped`. If the platform itself archived it, it becomes active again.
   *
   * It runs in one transaction of the service's source, which must be a drizzle database; otherwise it rejects with a
   * `TypeError`. It then calls the server's `logActivity`, unless nothing has changed. It rejects with an `Error` if an
   * environment with another driver has the name.
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
   * Archives the managed sandbox environment while its provider is not available, until
   * `ensureManagedSandboxEnvironment` makes it active again. Resolves to it, or to null if there is no active one of
   * this provider. It has the same requirements as that method.
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
   * Calls `ensureManagedSandboxEnvironment` for the provider `kubernetes` and the name `Kubernetes Sandbox`. Resolves to
   * the environment, whatever the action was.
   *
   * @param companyIdOrConfig the company, followed by the configuration, or the configuration for all companies.
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
   * The active environment of `ensureKubernetesEnvironment`, or null if there is none.
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
   * @param options with `includeArchived`, an archived one counts as well.
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
   * Creates an environment. Rejects with a 409 {@link HttpError} if the name is taken, or if it is a second local one.
   *
   * @param companyIdOrInput a company, which is ignored, followed by the input, or the input.
   * @param options with `db`, the statement is part of the caller's transaction.
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
   * Changes an environment. Resolves to it, or to null if there is none. `updatedAt` is set in any case. Rejects with a
   * 409 {@link HttpError} if the new name is taken, or if it would be a second local one.
   *
   * @param options with `db`, the statement is part of the caller's transaction.
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
   * Deletes the environment, even if something refers to it. Resolves to the deleted environment, or to null if there is
   * none. Its leases stay, without an environment.
   *
   * @example
   * ```ts
   * const removed = await environments.remove(environmentId);
   * if (removed === null) console.log("It was not there");
   * ```
   */
  remove: (id: string, options?: CallOptions) => Promise<Environment | null>;

  /**
   * Deletes the environment, unless there is a {@link EnvironmentDeleteBlockedReason | reason} against it. Resolves to
   * the deleted environment, or to null. The environment is locked during the check, so that no lease is acquired in
   * between.
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
   * What refers to the environment, or null if there is no such environment. Workspaces, issues, projects and secrets
   * refer to it as text, so the id has to be in lower case, as in results.
   *
   * @example
   * ```ts
   * const radius = await environments.getDeleteBlastRadius(environmentId);
   * console.log(`${radius?.staticReferences.agentDefaultCount} agents would lose their default`);
   * ```
   */
  getDeleteBlastRadius: (id: string, options?: CallOptions) => Promise<EnvironmentDeleteBlastRadius | null>;

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
   * Acquires a new, active lease, or takes over a reusable one. {@link AcquireEnvironmentLease} says when it rejects with
   * a 409 or 403 {@link HttpError}. If the connection breaks, it behaves like
   * {@link common.EnvironmentService.acquireLease}.
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
   * Ends a lease in any state. Resolves to it, or to null if there is none.
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
   * Records a sandbox that has still to be destroyed: inserts a lease that has ended, with the status `pending_cleanup`,
   * the clean-up status `failed` and the policy `ephemeral`. It does so even if the environment has been deleted, or is
   * bound to other companies.
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
   * Ends the active leases of a run. Resolves to the leases that it ended. Their metadata stay.
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
   * Statistics of the connections and calls: see {@link common.EnvironmentService.stats}.
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
 * Creates an environment service for the database of `source`. Sources, connections and invalid settings are as in the
 * `environmentService` of `paperclip-environment-service`.
 *
 * @param source where the database is. Default: the environment variable `DATABASE_URL`. The managed sandbox environment
 * needs a drizzle database here.
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
