// Written by napi build from src/node/, never by hand.

/**
 * The environment service of one database.
 *
 * Each method takes the JSON text of an array of calls; whether they are to be sent at once from the
 * thread that calls, which suits a lone call; and a ticket, if it may be given up. It resolves to JSON
 * texts that together answer the calls in their order: each is `{ columns, lists?, counts, errors?,
 * more? }`, the columns of all rows, `[column, row]` of the documents whose objects are lists, how many
 * of the rows are each call's, `[index, properties]` of the errors, and whether the last call's rows go
 * on in the next text. It rejects only if there is a bug in this package.
 */
export declare class NativeService {
  /**
   * A service that connects with the first call. `settings` is JSON text; `password`, where the
   * source's password is a function, resolves to the password for one new connection.
   *
   * # Errors
   *
   * If the settings are not what the face is to send.
   */
  constructor(settings: string, password?: (() => Promise<string | null>) | undefined | null)
  /** Calls of `{ companyId, status?, driver? }`, each answered with environments. */
  list(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /**
   * One call of `{ companyId, status?, driver? }`, answered with the JSON that callers would make of the
   * list; or as `list` is, where only JavaScript can write it, or for an error.
   */
  listJson(call: string, alone: boolean, ticket?: number | undefined | null): Promise<Buffer | string[]>
  /** Calls of an id, each answered with an environment or null. */
  getById(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of an id, each answered with a lease or null. */
  getLeaseById(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of `{ companyId, now }`, each answered with an environment. */
  ensureLocalEnvironment(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /**
   * Calls of `{ companyId, name, description?, driver?, status?, config?, metadata?, now }`,
   * each answered with an environment.
   */
  create(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /**
   * Calls of `{ id, name?, description?, driver?, status?, config?, metadata?, now }`, each
   * answered with an environment or null.
   */
  update(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of an id, each answered with the removed environment or null. */
  remove(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of `{ environmentId, status? }`, each answered with leases. */
  listLeases(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** One call of `{ environmentId, status? }`, answered as `listJson` is. */
  listLeasesJson(call: string, alone: boolean, ticket?: number | undefined | null): Promise<Buffer | string[]>
  /**
   * Calls of `{ companyId, environmentId, executionWorkspaceId?, issueId?, heartbeatRunId?,
   * leasePolicy?, provider?, providerLeaseId?, expiresAt?, metadata?, now }`, each answered with
   * a lease.
   */
  acquireLease(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /**
   * Calls of `{ id, status?, failureReason?, cleanupStatus?, now }`, each answered with a lease
   * or null.
   */
  releaseLease(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of `{ id, metadata?, now }`, each answered with a lease or null. */
  updateLeaseMetadata(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Calls of `{ heartbeatRunId, status?, now }`, each answered with the released leases. */
  releaseLeasesForRun(calls: string, alone: boolean, ticket?: number | undefined | null): Promise<string[]>
  /** Gives up what bears the ticket, if it is still under way; its promise rejects. */
  cancel(ticket: number): void
  /** The state of the connections, and what has happened on them. */
  statistics(): NativeStatistics
  /** Disconnects. The face waits for calls under way before. */
  close(): Promise<void>
}

/** The state of the connections, and what has happened on them. */
export interface NativeStatistics {
  /** Connections that are open, or being opened. */
  open: number
  /** Those of them that nobody uses. */
  idle: number
  /** Statements that wait for a connection. */
  waiting: number
  /** Connections opened so far. */
  opened: number
  /** Attempts to open one that failed so far. */
  failed: number
  /** Statements that were sent once more, after a collision or a broken connection. */
  repeated: number
  /** Batches whose connection broke, and of which it was found out what had become of them. */
  settled: number
  /** Calls of which that was not found out. */
  unknown: number
}
