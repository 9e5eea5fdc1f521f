// Checked only by tsc: the addon's types for Paperclip 2026.916 can replace the original's.

import type * as shared from "../../.cache/original-2026.916.1-v2/node_modules/@paperclipai/shared/dist/index.js";
import type * as errors from "../../.cache/original-2026.916.1-v2/node_modules/@paperclipai/server/dist/errors.js";
import type { logActivity } from "../../.cache/original-2026.916.1-v2/node_modules/@paperclipai/server/dist/services/activity-log.js";
import type * as original from "../../.cache/original-2026.916.1-v2/node_modules/@paperclipai/server/dist/services/environments.js";
import type { Db } from "../../.cache/original-2026.916.1-v2/node_modules/@paperclipai/db/index.js";
import type * as ours from "../../2026.916.js";
import { holds, type Interchangeable, type Same } from "./assert.js";

type Built = ReturnType<typeof ours.environmentService>;

/** As the original's own declarations have it, which `npm run typecheck` fetches. */
type PublishedService = ReturnType<typeof original.environmentService>;

/** Ours can be passed to whoever expects the published one, and be called as the published one is. */
type Replaces<Name extends keyof PublishedService> = Built[Name] extends PublishedService[Name]
  ? Interchangeable<Awaited<ReturnType<Built[Name]>>, Awaited<ReturnType<PublishedService[Name]>>>
  : false;

/** What a method is given first. */
type Input<Name extends keyof PublishedService> = Parameters<PublishedService[Name]>[0];

/** The same keys, whose values can stand for one another. */
type Alike<A, B> = [Interchangeable<A, B>, Same<keyof A, keyof B>] extends [true, true] ? true : false;

holds<Built extends PublishedService ? true : false>();
holds<Same<Built, ours.EnvironmentService>>();
holds<
  Same<
    Exclude<keyof Built, keyof PublishedService>,
    "listJson" | "listLeasesJson" | "stats" | "close" | typeof Symbol.asyncDispose
  >
>();

holds<Replaces<"list">>();
holds<Replaces<"getById">>();
holds<Replaces<"listBoundCompanyIds">>();
holds<Replaces<"getLeaseById">>();
holds<Replaces<"ensureLocalEnvironment">>();
holds<Replaces<"ensureManagedSandboxEnvironment">>();
holds<Replaces<"archiveManagedSandboxEnvironment">>();
holds<Replaces<"ensureKubernetesEnvironment">>();
holds<Replaces<"findKubernetesEnvironment">>();
holds<Replaces<"findManagedSandboxEnvironment">>();
holds<Replaces<"create">>();
holds<Replaces<"update">>();
holds<Replaces<"remove">>();
holds<Replaces<"removeIfDeletable">>();
holds<Replaces<"hasUnresolvedPendingCleanupLeases">>();
holds<Replaces<"getDeleteBlastRadius">>();
holds<Replaces<"listLeases">>();
holds<Replaces<"acquireLease">>();
holds<Replaces<"releaseLease">>();
holds<Replaces<"insertPendingCleanupLease">>();
holds<Replaces<"updateLeaseMetadata">>();
holds<Replaces<"releaseLeasesForRun">>();

// What is resolved, with the same keys, none optional.
holds<Alike<ours.Environment, shared.Environment>>();
holds<Alike<ours.EnvironmentLease, shared.EnvironmentLease>>();
holds<Alike<ours.EnvironmentDeleteBlastRadius, shared.EnvironmentDeleteBlastRadius>>();
holds<Alike<ours.EnvironmentDeleteReusableLeaseHolder, shared.EnvironmentDeleteReusableLeaseHolder>>();
holds<
  Alike<ours.ManagedSandboxEnvironmentReconcileResult, original.ManagedSandboxEnvironmentReconcileResult>
>();
holds<Same<Required<ours.Environment>, ours.Environment>>();
holds<Same<Required<ours.EnvironmentLease>, ours.EnvironmentLease>>();
holds<Same<Required<ours.EnvironmentDeleteBlastRadius>, ours.EnvironmentDeleteBlastRadius>>();

type Radius = "staticReferences" | "activeRuntimeUse";
holds<Alike<ours.EnvironmentDeleteBlastRadius[Radius], shared.EnvironmentDeleteBlastRadius[Radius]>>();
holds<Alike<ours.EnvironmentVariables, shared.AgentEnvConfig>>();
holds<Interchangeable<ours.EnvironmentVariable, shared.EnvBinding>>();

// The value sets, word for word.
holds<Same<ours.EnvironmentDriver, shared.EnvironmentDriver>>();
holds<Same<ours.EnvironmentStatus, shared.EnvironmentStatus>>();
holds<Same<ours.EnvironmentLeaseStatus, shared.EnvironmentLeaseStatus>>();
holds<Same<ours.EnvironmentLeasePolicy, shared.EnvironmentLeasePolicy>>();
holds<Same<ours.EnvironmentLeaseCleanupStatus, shared.EnvironmentLeaseCleanupStatus>>();
holds<Same<ours.EnvironmentDeleteBlockedReason, shared.EnvironmentDeleteBlockedReason>>();
holds<
  Same<ours.ManagedSandboxEnvironmentReconcileAction, original.ManagedSandboxEnvironmentReconcileAction>
>();
holds<
  Same<ours.ManagedResourceStockStatus, original.ManagedSandboxEnvironmentReconcileResult["stockStatus"]>
>();

// The inputs that other modules name, and those that have no name there.
holds<Alike<ours.ManagedSandboxEnvironmentInput, original.ManagedSandboxEnvironmentInput>>();
holds<Alike<ours.KubernetesEnvironmentConfigInput, original.KubernetesEnvironmentConfigInput>>();
holds<Alike<ours.KubernetesAdapter, shared.AdapterRegistryEntry>>();
holds<Alike<ours.AcquireEnvironmentLease, Input<"acquireLease">>>();
holds<Alike<ours.PendingCleanupLease, Input<"insertPendingCleanupLease">>>();
holds<
  Alike<ours.ReleaseEnvironmentLeaseOptions, NonNullable<Parameters<PublishedService["releaseLease"]>[2]>>
>();

// The inputs take everything that the published ones take.
holds<shared.CreateEnvironment extends ours.CreateEnvironment ? true : false>();
holds<shared.UpdateEnvironment extends ours.UpdateEnvironment ? true : false>();
holds<Same<keyof ours.CreateEnvironment, keyof shared.CreateEnvironment>>();
holds<Same<keyof ours.UpdateEnvironment, keyof shared.UpdateEnvironment>>();

// What Paperclip has in hand is a source, and its transactions are taken.
type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];
holds<Db extends ours.EnvironmentServiceSource ? true : false>();
holds<Db extends NonNullable<ours.EnvironmentWriteOptions["db"]> ? true : false>();
holds<Transaction extends NonNullable<ours.EnvironmentWriteOptions["db"]> ? true : false>();

// The server's own functions are those that are wanted.
interface Server {
  conflict: typeof errors.conflict;
  forbidden: typeof errors.forbidden;
  logActivity: typeof logActivity;
}
holds<Server extends Required<ours.PaperclipServer> ? true : false>();
holds<Same<keyof Server, keyof ours.PaperclipServer>>();
holds<errors.HttpError extends ours.HttpError ? true : false>();
holds<ours.ManagedEnvironmentActivity extends Parameters<typeof logActivity>[1] ? true : false>();

// That they are fetched, and not `any`, which anything could stand for.
type IsAny<T> = Same<T, any>;
holds<Same<IsAny<PublishedService>, false>>();
holds<Same<IsAny<shared.CreateEnvironment>, false>>();
holds<Same<shared.CreateEnvironment["driver"], ours.EnvironmentDriver>>();
holds<Same<IsAny<shared.CreateEnvironment["envVars"]>, false>>();
holds<Same<IsAny<shared.EnvironmentLeaseStatus>, false>>();
holds<Same<IsAny<Parameters<typeof logActivity>[1]>, false>>();
holds<Same<IsAny<Transaction["update"]>, false>>();
holds<Same<IsAny<NonNullable<Parameters<PublishedService["create"]>[2]>["db"]>, false>>();

// @ts-expect-error The lease of another generation must not do.
holds<Interchangeable<import("../../index.js").EnvironmentLease, shared.EnvironmentLease>>();
