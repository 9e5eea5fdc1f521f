// Checked only by tsc: the addon's types can replace the original's.

import type * as shared from "@paperclipai/shared";

import type { Environment, EnvironmentLease, EnvironmentService, environmentService } from "../../index.js";
import type { Db } from "../support/database.js";
import type { Method } from "../support/methods.js";
import type * as suite from "../support/provider.js";
import type { environmentService as original } from "../../.cache/original-2026.427.0-v2/node_modules/@paperclipai/server/dist/services/environments.js";
import { holds, type Interchangeable, type Same } from "./assert.js";

type Built = ReturnType<typeof environmentService>;

/** As the original's own declarations have it, which `npm run typecheck` fetches. */
type PublishedService = ReturnType<typeof original>;

/** Ours can be passed to whoever expects the published one, and be called as the published one is. */
type Replaces<Name extends keyof PublishedService> = Built[Name] extends PublishedService[Name]
  ? [Awaited<ReturnType<Built[Name]>>] extends [Awaited<ReturnType<PublishedService[Name]>>]
    ? [Awaited<ReturnType<PublishedService[Name]>>] extends [Awaited<ReturnType<Built[Name]>>]
      ? true
      : false
    : false
  : false;

holds<Built extends PublishedService ? true : false>();
holds<Same<Built, EnvironmentService>>();

holds<Replaces<"list">>();
holds<Replaces<"getById">>();
holds<Replaces<"getLeaseById">>();
holds<Replaces<"ensureLocalEnvironment">>();
holds<Replaces<"create">>();
holds<Replaces<"update">>();
holds<Replaces<"remove">>();
holds<Replaces<"listLeases">>();
holds<Replaces<"acquireLease">>();
holds<Replaces<"releaseLease">>();
holds<Replaces<"updateLeaseMetadata">>();
holds<Replaces<"releaseLeasesForRun">>();

// The rows, with the same keys, none optional.
holds<Interchangeable<Environment, shared.Environment>>();
holds<Interchangeable<EnvironmentLease, shared.EnvironmentLease>>();
holds<Same<keyof Environment, keyof shared.Environment>>();
holds<Same<keyof EnvironmentLease, keyof shared.EnvironmentLease>>();
holds<Same<Required<Environment>, Environment>>();
holds<Same<Required<EnvironmentLease>, EnvironmentLease>>();

// The value sets, word for word.
holds<Same<Environment["driver"], shared.EnvironmentDriver>>();
holds<Same<Environment["status"], shared.EnvironmentStatus>>();
holds<Same<EnvironmentLease["status"], shared.EnvironmentLeaseStatus>>();
holds<Same<EnvironmentLease["leasePolicy"], shared.EnvironmentLeasePolicy>>();
holds<Same<EnvironmentLease["cleanupStatus"], shared.EnvironmentLeaseCleanupStatus | null>>();

// The inputs take everything that the published ones take.
holds<shared.CreateEnvironment extends Parameters<Built["create"]>[1] ? true : false>();
holds<shared.UpdateEnvironment extends Parameters<Built["update"]>[1] ? true : false>();

// What Paperclip has in hand is a source.
holds<Db extends Exclude<Parameters<typeof environmentService>[0], undefined> ? true : false>();

// The contract suite tests the service that is published, not another.
holds<Interchangeable<suite.Environment, Environment>>();
holds<Interchangeable<suite.EnvironmentLease, EnvironmentLease>>();
holds<Built extends suite.EnvironmentService ? true : false>();

// That it is fetched, and not `any`, which anything could stand for.
holds<Same<keyof PublishedService, Method>>();

// @ts-expect-error A claim that does not hold must not compile.
holds<Interchangeable<Environment, EnvironmentLease>>();
// @ts-expect-error Nor must one about a key more.
holds<Same<Environment, Environment & { more: string }>>();
