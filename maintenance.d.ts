/**
 * Maintenance of leases, for operators of Paperclip: finds, ends and deletes leaked leases, on the tables of every
 * release from 2026.427 to 2026.916, whether or not its server uses this package.
 *
 * Nothing here runs by itself. Call it from a timer, or use the command `npx paperclip-environment-service`.
 *
 * @packageDocumentation
 */

import type {
  CallOptions,
  EnvironmentServiceOptions,
  EnvironmentServiceSource,
  ServiceStatistics,
} from "./index.js";
import type { EnvironmentLease } from "./2026.916.js";

export type { CallOptions, EnvironmentServiceSource } from "./index.js";
export type { EnvironmentLease } from "./2026.916.js";

/**
 * A filter for leases, which match all of its fields. A word that no release knows is accepted like any other.
 *
 * @example
 * ```ts
 * import type { LeaseFilters } from "paperclip-environment-service/maintenance";
 *
 * const held: LeaseFilters = { status: ["active", "retained"], provider: "daytona", limit: 20 };
 * const { leases } = await maintenance.find(held);
 * console.log(leases.map(({ providerLeaseId }) => providerLeaseId));
 * ```
 */
export interface LeaseFilters {
  companyId?: string;
  environmentId?: string;
  /** One status, or several, any of which matches. */
  status?: string | readonly string[];
  provider?: string;
  heartbeatRunId?: string;
  executionWorkspaceId?: string;
  providerLeaseId?: string;
  cleanupStatus?: string;
  /** Leases last used before this. */
  usedBefore?: Date;
  /** The maximum number of leases on a page, 1 to 1,000. Default: 100. */
  limit?: number;
  /** The `next` of the previous page, with the same filters. */
  after?: string;
}

/**
 * A page of leases.
 *
 * @example
 * ```ts
 * import type { LeasePage } from "paperclip-environment-service/maintenance";
 *
 * let page: LeasePage = await maintenance.find({ companyId });
 * while (page.next !== null) page = await maintenance.find({ companyId, after: page.next });
 * ```
 */
export interface LeasePage {
  /** The most recently used first. */
  leases: EnvironmentLease[];
  /** Where the next page begins; null if this is the last. */
  next: string | null;
}

/**
 * What to count.
 *
 * @example
 * ```ts
 * const everything = await maintenance.summarize({ companyId, history: true });
 * console.log(everything.reduce((total, { count }) => total + count, 0));
 * ```
 */
export interface SummarizeOptions {
  companyId?: string;
  /** Also counts leases that have ended, which reads the whole table. Default: false. */
  history?: boolean;
}

/**
 * How many leases an environment has with a provider, in one status.
 *
 * @example
 * ```ts
 * for (const { status, count, expired } of await maintenance.summarize()) {
 *   console.log(`${count} ${status}, ${expired} of them past their time`);
 * }
 * ```
 */
export interface LeaseSummary {
  companyId: string;
  /** Null for leases that have outlived their environment. */
  environmentId: string | null;
  provider: string | null;
  status: string;
  count: number;
  oldestAcquiredAt: Date;
  /** How many of them have an `expiresAt` in the past. */
  expired: number;
  /** How many of them have a failed clean-up. */
  cleanupFailed: number;
}

/**
 * Why a lease is stale.
 *
 * | reason           | a lease                                                                                           |
 * | ---------------- | ------------------------------------------------------------------------------------------------- |
 * | `run_finished`   | that is active, and its run finished before `grace`                                               |
 * | `expired`        | that is active, and its `expiresAt` passed before `grace`                                         |
 * | `unowned`        | that is active and ephemeral, has no run, and was acquired before `olderThan`; no image refers to it |
 * | `cleanup_failed` | of a provider that has ended, and giving back what it held has failed                             |
 * | `retained`       | that is retained, and was last used before `olderThan`                                            |
 *
 * Never evidence: a process id, the status of an issue, age alone. A lease whose run is queued, running or scheduled
 * for a retry is never stale.
 *
 * @example
 * ```ts
 * import type { ReapReason } from "paperclip-environment-service/maintenance";
 *
 * const reasons: ReapReason[] = ["run_finished", "expired"];
 * await maintenance.reap({ reasons, dryRun: true });
 * ```
 */
export type ReapReason = "run_finished" | "expired" | "unowned" | "cleanup_failed" | "retained";

/**
 * Gives back what a lease holds at its provider: for example, destroys the sandbox `lease.providerLeaseId`. It must
 * also resolve if the sandbox is gone already. If it rejects, the lease keeps its status, with a failed clean-up, and a
 * later `reap` tries again.
 *
 * `options.signal` is the signal of the `reap`, or one that is never aborted. A lease is claimed for ten minutes. If
 * the function takes longer, another process may call it as well.
 *
 * @example
 * ```ts
 * import type { ReleaseLease } from "paperclip-environment-service/maintenance";
 *
 * const release: ReleaseLease = async (lease, { signal }) => {
 *   const response = await fetch(`https://sandboxes.example/${lease.providerLeaseId}`, { method: "DELETE", signal });
 *   if (!response.ok && response.status !== 404) throw new Error(`The provider says ${response.status}`);
 * };
 * console.log(typeof release);
 * ```
 */
export type ReleaseLease = (lease: EnvironmentLease, options: { signal: AbortSignal }) => Promise<unknown>;

/**
 * Which leases to end, and how. Times are in milliseconds.
 *
 * @example
 * ```ts
 * const { ended } = await maintenance.reap({ companyId, grace: 3_600_000, dryRun: true });
 * console.log(`${ended.length} leases would be ended`);
 * ```
 */
export interface ReapOptions {
  /** Writes nothing, does not call `release`, and returns what would be done. Default: false. */
  dryRun?: boolean;
  companyId?: string;
  environmentId?: string;
  /** Default: `["run_finished"]`. */
  reasons?: readonly ReapReason[];
  /** How long a lease is left alone after its run has finished or it has expired; at least 60,000. Default: 600,000. */
  grace?: number;
  /** The minimum age of leases that are `unowned` (default: one day) or `retained` (required for this reason). */
  olderThan?: number;
  /** Gives back what a lease holds at its provider. Without it, `reap` does not end such leases itself. */
  release?: ReleaseLease;
  /** How many leases are given back at once, 1 to 100. Default: 4. */
  concurrency?: number;
  /** The maximum number of leases to handle, 1 to 1,000. Default: 100. */
  limit?: number;
}

/**
 * A stale lease.
 *
 * @example
 * ```ts
 * const { ended } = await maintenance.reap({ dryRun: true });
 * for (const { lease, reason } of ended) console.log(lease.id, reason);
 * ```
 */
export interface StaleLease {
  /** The lease after the call. */
  lease: EnvironmentLease;
  reason: ReapReason;
}

/**
 * Why a stale lease is left unchanged:
 *
 * - `provider`: ending it would lose the only reference to what it holds, and there is no `release`;
 * - `clock`: by the database's clock, its run finishes in the future;
 * - `claimed`: another process handles it, or has changed it in the meantime;
 * - `shared`: another lease, which is active or retained and not stale, holds the same thing at the provider.
 *
 * @example
 * ```ts
 * const { left } = await maintenance.reap({ dryRun: true });
 * console.log(left.filter(({ why }) => why === "provider").length);
 * ```
 */
export type LeftReason = "provider" | "clock" | "claimed" | "shared";

/**
 * The result of `reap`.
 *
 * @example
 * ```ts
 * const { failed } = await maintenance.reap();
 * for (const { lease, error } of failed) console.error(lease.id, error);
 * ```
 */
export interface ReapResult {
  /** Leases that were ended, or left to a server of 2026.824 or later, which tears down what they hold. */
  ended: StaleLease[];
  /** Leases that were left unchanged, at most `limit`. */
  left: (StaleLease & { why: LeftReason })[];
  /** Leases whose `release` rejected, with its error, or whose outcome is unknown. */
  failed: (StaleLease & { error: unknown })[];
  /** Whether there are more leases to handle. Failed ones are tried again last. */
  more: boolean;
}

/**
 * The message on the `diagnostics_channel` `paperclip-environment-service:reap` about each stale lease.
 *
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import type { ReapEvent } from "paperclip-environment-service/maintenance";
 *
 * subscribe("paperclip-environment-service:reap", (message) => {
 *   const { outcome, reason, leaseId } = message as ReapEvent;
 *   console.log(`${leaseId}: ${outcome} (${reason})`);
 * });
 * ```
 */
export interface ReapEvent {
  outcome: "ended" | "left" | "failed";
  reason: ReapReason;
  why: LeftReason | null;
  leaseId: string;
  companyId: string;
  provider: string | null;
  dryRun: boolean;
}

/**
 * A sandbox that a provider runs.
 *
 * @example
 * ```ts
 * import type { ProviderSandbox } from "paperclip-environment-service/maintenance";
 *
 * const running: ProviderSandbox[] = [{ id: "sbx-1", startedAt: new Date() }];
 * await maintenance.compareWithProvider({ provider: "daytona", sandboxes: running });
 * ```
 */
export interface ProviderSandbox {
  /** The id that leases have as `providerLeaseId`. */
  id: string;
  startedAt?: Date | undefined;
}

/**
 * A provider's list of what it runs.
 *
 * @example
 * ```ts
 * const sandboxes = [{ id: "sbx-1", region: "eu" }];
 * const { unknown } = await maintenance.compareWithProvider({ provider: "daytona", sandboxes, complete: true });
 * console.log(unknown.map(({ region }) => region));
 * ```
 */
export interface ProviderInventory<Sandbox extends ProviderSandbox = ProviderSandbox> {
  /** The provider, as in the leases. */
  provider: string;
  sandboxes: readonly Sandbox[];
  /** Whether the list is complete. Only then can a lease be reported as lost. Default: false. */
  complete?: boolean;
  /** How long after its start a sandbox may be without a lease, in milliseconds. Default: 900,000. */
  grace?: number;
}

/**
 * The differences between a provider's list and the leases. A provider's list may be incomplete for a moment: act only
 * on what two comparisons, minutes apart, agree on.
 *
 * @example
 * ```ts
 * const sandboxes = [{ id: "sbx-1" }];
 * const { ended } = await maintenance.compareWithProvider({ provider: "daytona", sandboxes });
 * const paused = ended.filter(({ lease }) => lease.leasePolicy === "reuse_by_environment");
 * console.log(`${ended.length - paused.length} sandboxes run for nothing`);
 * ```
 */
export interface ProviderComparison<Sandbox extends ProviderSandbox = ProviderSandbox> {
  /** Running sandboxes that no lease has ever held. */
  unknown: Sandbox[];
  /** Running sandboxes whose newest lease has ended. With the policy `reuse_by_environment`, they may be paused. */
  ended: { sandbox: Sandbox; lease: EnvironmentLease }[];
  /** Active or retained leases of the provider without a running sandbox. Empty unless `complete`. */
  lost: EnvironmentLease[];
  /** Unknown sandboxes that were started within `grace`: a sandbox exists before its lease. */
  young: Sandbox[];
}

/**
 * Which leases to delete. Times are in milliseconds.
 *
 * @example
 * ```ts
 * const days = 24 * 60 * 60 * 1000;
 * const { deleted } = await maintenance.prune({ olderThan: 90 * days, dryRun: true });
 * console.log(`${deleted} leases would be deleted`);
 * ```
 */
export interface PruneOptions {
  /** The minimum time since a lease was last used; at least seven days. */
  olderThan: number;
  companyId?: string;
  /** How many of its most recently used leases each environment keeps in any case. Default: 100. */
  keepPerEnvironment?: number;
  /** How many leases one transaction deletes, 1 to 10,000. Default: 1,000. */
  batch?: number;
  /** The maximum number of leases to delete. Default: all. */
  limit?: number;
  /** Only counts the leases, and deletes nothing. Default: false. */
  dryRun?: boolean;
}

/**
 * How many leases were deleted.
 *
 * @example
 * ```ts
 * const { deleted, more } = await maintenance.prune({ olderThan: 7_776_000_000, limit: 5_000 });
 * console.log(deleted, more);
 * ```
 */
export interface PruneResult {
  deleted: number;
  /** Whether there are more leases beyond `limit`. */
  more: boolean;
}

/**
 * The check that a finding is from:
 *
 * | code                | found                                                                                    |
 * | ------------------- | ---------------------------------------------------------------------------------------- |
 * | `tables`            | which Paperclip releases have such tables                                                 |
 * | `stale_leases`      | active leases whose run finished more than ten minutes ago                                |
 * | `expired_leases`    | active leases whose `expiresAt` passed more than ten minutes ago, without a live run      |
 * | `cleanup_failed`    | ended leases whose sandbox may still cost money                                           |
 * | `retained_leases`   | leases that are kept after their end                                                      |
 * | `shared_place`      | active leases of live runs that share an ssh place or a working directory                 |
 * | `unknown_words`     | rows with a word that makes the server's lists fail                                       |
 * | `archived_in_use`   | archived environments with active leases                                                  |
 * | `inconsistent_rows` | active leases with `releasedAt`, and ended ones without                                   |
 * | `clock_skew`        | this machine's clock against the database's                                               |
 * | `history`           | how many leases there are, and how old                                                    |
 * | `missing_indexes`   | indexes of `environment_leases` that Paperclip's migrations make and that are not there   |
 * | `connections`       | connections by application, against the server's limit                                    |
 *
 * @example
 * ```ts
 * import type { FindingCode } from "paperclip-environment-service/maintenance";
 *
 * const costly: FindingCode[] = ["stale_leases", "cleanup_failed"];
 * const findings = await maintenance.diagnose();
 * console.log(findings.filter(({ code }) => costly.includes(code)));
 * ```
 */
export type FindingCode =
  | "tables"
  | "stale_leases"
  | "expired_leases"
  | "cleanup_failed"
  | "retained_leases"
  | "shared_place"
  | "unknown_words"
  | "archived_in_use"
  | "inconsistent_rows"
  | "clock_skew"
  | "history"
  | "missing_indexes"
  | "connections";

/**
 * The result of one check of `diagnose`. It never holds a `config` or `metadata`.
 *
 * @example
 * ```ts
 * import type { Finding } from "paperclip-environment-service/maintenance";
 *
 * const isBad = ({ severity }: Finding) => severity === "warning" || severity === "problem";
 * for (const { summary, remedy } of (await maintenance.diagnose()).filter(isBad)) console.log(summary, remedy);
 * ```
 */
export interface Finding {
  code: FindingCode;
  /** `ok`: nothing was found. `info`: worth knowing. `warning`: look at it. `problem`: something fails or costs. */
  severity: "ok" | "info" | "warning" | "problem";
  /** One sentence. */
  summary: string;
  /** The number of rows, or other things, that the finding is about. */
  count: number;
  /** Ids or names of some of them, at most ten. */
  examples: string[];
  /** What to do, in one sentence; empty if there is nothing to do. */
  remedy: string;
}

/**
 * Statistics of the connections, which services on the same source share, and of stale leases.
 *
 * @example
 * ```ts
 * const { reaped } = maintenance.stats();
 * console.log(`${reaped.ended} ended, ${reaped.failed} failed`);
 * ```
 */
export interface MaintenanceStatistics extends ServiceStatistics {
  /** The outcomes of `reap` so far, without dry runs. */
  reaped: { ended: number; left: number; failed: number };
}

/**
 * Maintenance of one database's leases.
 *
 * Every method returns a promise, never throws synchronously, works without its object as `this`, and takes
 * {@link CallOptions} as its last argument. All ages and written times are by PostgreSQL's `now()`. In the examples,
 * `maintenance` is such an object.
 *
 * All methods reject with a `TypeError` or `RangeError` that names a wrong argument, and otherwise with the same errors
 * as the environment service. A row with a word outside its set is returned as it is and never written.
 *
 * @example
 * ```ts
 * import type { LeaseMaintenance } from "paperclip-environment-service/maintenance";
 *
 * const tidy = async (maintenance: LeaseMaintenance) => (await maintenance.reap()).ended.length;
 * console.log(await tidy(maintenance));
 * ```
 */
export interface LeaseMaintenance extends AsyncDisposable {
  /**
   * A page of leases, the most recently used first.
   *
   * Each page is a range scan of an index: on the run, the provider's lease or the workspace, if there is such a filter,
   * and otherwise on each company. It rejects with a `RangeError` if `after` belongs to other filters.
   *
   * @example
   * ```ts
   * const { leases } = await maintenance.find({ status: "active", usedBefore: new Date(Date.now() - 86_400_000) });
   * console.log(leases.length);
   * ```
   */
  find: (filters?: LeaseFilters, call?: CallOptions) => Promise<LeasePage>;

  /**
   * Counts leases that are active, retained or pending clean-up, by company, environment, provider and status.
   *
   * @example
   * ```ts
   * for (const { environmentId, status, count } of await maintenance.summarize({ companyId })) {
   *   console.log(environmentId, status, count);
   * }
   * ```
   */
  summarize: (options?: SummarizeOptions, call?: CallOptions) => Promise<LeaseSummary[]>;

  /**
   * Ends stale leases.
   *
   * - A lease on this machine or an SSH host (`provider` null, `local` or `ssh`) holds nothing at a provider. It becomes
   *   `expired`, with a `failureReason` that begins with `Reaped: ` unless it has one.
   * - Any other lease is the only reference to something that costs money. With `release`, it is claimed
   *   (`cleanupStatus` `pending`) and `release` is called once. If that resolves, `cleanupStatus` becomes `success`, and
   *   the status `expired`, or `released` with the policy `reuse_by_environment`. A lease that has ended already keeps
   *   its status. If `release` rejects, the lease keeps its status, and `cleanupStatus` becomes `failed`.
   *   Without `release`, the lease of a sandbox becomes `pending_cleanup` if the server is 2026.824 or later, which tears
   *   the sandbox down. Any other is left.
   *
   * Several processes may reap at once: each lease is ended once, and `release` is called once for each claim. The claim
   * of a process that died ends after ten minutes. If the signal is aborted, no further lease is begun. The call rejects
   * with an `AbortError` once the leases under way are done.
   *
   * @example
   * ```ts
   * const { ended, left } = await maintenance.reap({ reasons: ["run_finished", "expired"] });
   * console.log(`${ended.length} leases ended, ${left.length} left`);
   * ```
   */
  reap: (options?: ReapOptions, call?: CallOptions) => Promise<ReapResult>;

  /**
   * Compares what a provider runs with the leases. It only reads.
   *
   * @example
   * ```ts
   * const inventory = { provider: "daytona", sandboxes: [{ id: "sbx-1" }, { id: "sbx-2" }], complete: true };
   * const { unknown, lost } = await maintenance.compareWithProvider(inventory);
   * console.log(unknown, lost);
   * ```
   */
  compareWithProvider: <Sandbox extends ProviderSandbox>(
    inventory: ProviderInventory<Sandbox>,
    call?: CallOptions,
  ) => Promise<ProviderComparison<Sandbox>>;

  /**
   * Deletes leases that are released, expired or failed, were last used before `olderThan`, whose run has finished or
   * does not exist, and whose clean-up is neither pending nor failed. It keeps the newest lease of each
   * `providerLeaseId`, and the newest `keepPerEnvironment` leases of each environment.
   *
   * It deletes in batches, each in a transaction of its own, with pauses, and skips locked rows. If the signal is
   * aborted, it stops after the batch under way and rejects with an `AbortError`. Earlier batches stay deleted.
   *
   * Paperclip's activity page then shows the runs of deleted leases without their environments.
   *
   * @example
   * ```ts
   * await maintenance.prune({ olderThan: 90 * 24 * 60 * 60 * 1000, keepPerEnvironment: 1_000 });
   * ```
   */
  prune: (options: PruneOptions, call?: CallOptions) => Promise<PruneResult>;

  /**
   * Looks for problems, and writes nothing: each check is a read-only transaction with a statement timeout of ten
   * seconds and a lock timeout of one second. For a check that takes longer, the finding says so.
   *
   * @example
   * ```ts
   * for (const { severity, summary } of await maintenance.diagnose()) console.log(`${severity}: ${summary}`);
   * ```
   */
  diagnose: (call?: CallOptions) => Promise<Finding[]>;

  /**
   * Statistics of the connections and of stale leases.
   *
   * @example
   * ```ts
   * console.log(maintenance.stats().connections.open);
   * ```
   */
  stats: () => MaintenanceStatistics;

  /**
   * Waits for the calls under way and disconnects. Services on the same source connect again with their next call.
   *
   * @example
   * ```ts
   * await using mine = leaseMaintenance();
   * await mine.diagnose();
   * // Closed at the end of the block, with `await using` or by `await mine.close()`.
   * ```
   */
  close: () => Promise<void>;
}

/**
 * Settings, as for the environment service.
 *
 * @example
 * ```ts
 * import type { LeaseMaintenanceOptions } from "paperclip-environment-service/maintenance";
 *
 * const gentle: LeaseMaintenanceOptions = { maxConnections: 1, applicationName: "lease-maintenance" };
 * console.log((await leaseMaintenance(process.env.DATABASE_URL, gentle).diagnose()).length);
 * ```
 */
export type LeaseMaintenanceOptions = EnvironmentServiceOptions;

/**
 * Creates the maintenance of the leases in the database of `source`. It opens nothing until the first call, shares its
 * connections with the environment services on the same source and settings, and never throws: if `source` or `options`
 * are invalid, each call rejects.
 *
 * @param source where the database is. Default: the environment variable `DATABASE_URL`.
 *
 * @example
 * ```ts
 * import { leaseMaintenance } from "paperclip-environment-service/maintenance";
 *
 * const maintenance = leaseMaintenance("postgres://paperclip@localhost/paperclip");
 * const { ended } = await maintenance.reap();
 * console.log(`${ended.length} stale leases ended`);
 * await maintenance.close();
 * ```
 */
export declare function leaseMaintenance(
  source?: EnvironmentServiceSource,
  options?: LeaseMaintenanceOptions,
): LeaseMaintenance;
