// The service's type as the original publishes it, put together from the types of `@paperclipai/shared` that it
// is published with.

import type {
  CreateEnvironment,
  Environment,
  EnvironmentLease,
  EnvironmentLeaseCleanupStatus,
  EnvironmentLeasePolicy,
  EnvironmentLeaseStatus,
  UpdateEnvironment,
} from "@paperclipai/shared";

type ReleasedStatus = Extract<EnvironmentLeaseStatus, "released" | "expired" | "failed">;

interface LeaseRequest {
  companyId: string;
  environmentId: string;
  executionWorkspaceId?: string | null;
  issueId?: string | null;
  heartbeatRunId?: string | null;
  leasePolicy?: EnvironmentLeasePolicy;
  provider?: string | null;
  providerLeaseId?: string | null;
  expiresAt?: Date | null;
  metadata?: Record<string, unknown> | null;
}

interface ReleaseDetails {
  failureReason?: string;
  cleanupStatus?: EnvironmentLeaseCleanupStatus;
}

/** Function members, not methods: parameters are compared strictly then. */
export interface PublishedService {
  list: (companyId: string, filters?: { status?: string; driver?: string }) => Promise<Environment[]>;
  getById: (id: string) => Promise<Environment | null>;
  getLeaseById: (id: string) => Promise<EnvironmentLease | null>;
  ensureLocalEnvironment: (companyId: string) => Promise<Environment>;
  create: (companyId: string, input: CreateEnvironment) => Promise<Environment>;
  update: (id: string, patch: UpdateEnvironment) => Promise<Environment | null>;
  remove: (id: string) => Promise<Environment | null>;
  listLeases: (environmentId: string, filters?: { status?: string }) => Promise<EnvironmentLease[]>;
  acquireLease: (input: LeaseRequest) => Promise<EnvironmentLease>;
  releaseLease: (
    id: string,
    status?: ReleasedStatus | Extract<EnvironmentLeaseStatus, "retained">,
    options?: ReleaseDetails,
  ) => Promise<EnvironmentLease | null>;
  updateLeaseMetadata: (
    id: string,
    metadata: Record<string, unknown> | null,
  ) => Promise<EnvironmentLease | null>;
  releaseLeasesForRun: (heartbeatRunId: string, status?: ReleasedStatus) => Promise<EnvironmentLease[]>;
}
