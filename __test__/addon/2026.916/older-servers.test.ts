// Compares the services of Paperclip 2026.824 and 2026.831 with that of 2026.916 and with the addon, which serves all
// three. Each has a database of its own and makes the same calls; the few differences are listed.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { AcquireEnvironmentLease, EnvironmentService } from "../../../2026.916.js";
import { openDatabase, type TestDatabase } from "../../support/database.js";
import { withoutDrizzle } from "../../support/errors.js";
import { loadOriginal, loadServer } from "../../support/original.mjs";
import { loadAddon, server } from "../../support/provider.js";
import { invalid, unknownId } from "../../support/suite.js";

const RELEASES = ["2026.824", "2026.831", "2026.916"] as const;

type Name = (typeof RELEASES)[number] | "addon";

interface World extends TestDatabase {
  service: EnvironmentService;
  /** What its server's log was told. */
  entries: { entry: Record<string, unknown> }[];
}

const worlds = new Map<Name, World>();

async function empty({ sql, entries }: World): Promise<void> {
  await sql.unsafe(`
    delete from environment_leases; delete from environments; delete from heartbeat_runs; delete from agents;
    delete from issues; delete from execution_workspaces; delete from projects; delete from companies`);
  entries.length = 0;
}

// Their services are all here, whatever the provider is: once is enough.
describe("of 2026.824, 2026.831, 2026.916 and the addon", () => {
  beforeAll(async () => {
    for (const name of [...RELEASES, "addon"] as const) {
      const database = await openDatabase();
      const factory = name === "addon" ? loadAddon() : await loadOriginal(name);
      const { entries } = name === "addon" ? server! : await loadServer(name);
      worlds.set(name, {
        ...database,
        service: factory(database.db) as unknown as EnvironmentService,
        entries,
      });
    }
  });

  afterAll(async () => {
    await worlds.get("addon")?.service.close();
    for (const world of worlds.values()) await world.close();
  });

  beforeEach(async () => {
    for (const world of worlds.values()) await empty(world);
  });

  /** What each of them comes to. */
  async function each<T>(play: (world: World) => Promise<T>): Promise<Record<Name, T>> {
    const outcomes: Partial<Record<Name, T>> = {};
    for (const [name, world] of worlds) outcomes[name] = await play(world);
    return outcomes as Record<Name, T>;
  }

  /** All of them come to the same. */
  async function same<T>(play: (world: World) => Promise<T>): Promise<T> {
    const { addon, ...others } = await each(play);
    for (const [name, outcome] of Object.entries(others)) expect(outcome, name).toEqual(addon);
    return addon;
  }

  it("have the same methods, in the same order", async () => {
    const { addon, ...originals } = await each((world) => Promise.resolve(Object.keys(world.service)));
    for (const keys of Object.values(originals)) expect(keys).toEqual(originals["2026.916"]);
    expect(originals["2026.824"]).toHaveLength(22);
    expect(addon.filter((key) => originals["2026.824"].includes(key))).toEqual(originals["2026.824"]);
  });

  it.each([
    ["environments", ofEnvironments],
    ["leases", ofLeases],
    ["the managed sandbox environment", ofTheManagedOne],
  ])("go the same way through the methods about %s", async (_, way) => {
    await same((world) => walk(world, way));
  });

  it("leave no method out on these ways", async () => {
    const world = worlds.get("addon") as World;
    const called = new Set<string | symbol>();
    const service = new Proxy(world.service, {
      get: (target, key) => {
        called.add(key);
        return Reflect.get(target, key);
      },
    });
    for (const way of [ofEnvironments, ofTheManagedOne, ofLeases]) {
      await way({ ...world, service }, (_, call) => call.catch((error: unknown) => error));
      await empty(world);
    }
    const methods = Object.keys((worlds.get("2026.916") as World).service);
    expect([...called].sort()).toEqual(methods.sort());
  });

  describe("the blast radius", () => {
    async function heldEnvironment({ seed, service }: World) {
      const company = await seed.company();
      const environment = await seed.environment(company);
      await seed.lease(company, environment, { lease_policy: "reuse_by_environment", status: "retained" });
      return service.getDeleteBlastRadius(environment);
    }

    it("names the holders of reusable leases since 2026.831", async () => {
      const keys = await each(async (world) => Object.keys((await heldEnvironment(world)) ?? {}));
      const before = ["environmentId", "canDelete", "deleteBlockedReasons", "pendingCleanupLeaseCount"];
      const after = ["staticReferences", "activeRuntimeUse"];
      const all = [...before, "reusableSandboxLeaseCount", "reusableSandboxLeaseHolders", ...after];
      expect(keys).toEqual({
        "2026.824": [...before, "reusableSandboxLeaseCount", ...after],
        "2026.831": all,
        "2026.916": all,
        addon: all,
      });
    });

    it("names them with their execution workspaces and issues", async () => {
      const holders = await each(async (world) => {
        const { seed, service, sql } = world;
        const company = await seed.company();
        const environment = await seed.environment(company);
        const issue = await seed.issue(company);
        await sql`update issues set identifier = 'PAP-1' where id = ${issue}`;
        const workspace = await seed.workspace(company);
        const columns = { lease_policy: "reuse_by_environment", status: "released" };
        const lease = await seed.lease(company, environment, {
          ...columns,
          issue_id: issue,
          execution_workspace_id: workspace,
        });
        const radius = await service.getDeleteBlastRadius(environment);
        return normaliserOf([lease, workspace, issue])(radius?.reusableSandboxLeaseHolders ?? null);
      });
      const holder = {
        leaseId: "id 1",
        executionWorkspaceId: "id 2",
        executionWorkspaceName: "Workspace",
        issueId: "id 3",
        issueIdentifier: "PAP-1",
        issueTitle: "Issue",
      };
      expect(holders).toEqual({
        "2026.824": null,
        "2026.831": [holder],
        "2026.916": [holder],
        addon: [holder],
      });
    });
  });

  describe("a release of a lease", () => {
    const RECEIPT = { state: "destroyed" };

    /** What the metadata has become, or the code of the error. */
    const released = (metadata: string | null, options?: object) =>
      each(async ({ seed, service, sql }) => {
        const company = await seed.company();
        const id = await seed.lease(company, await seed.environment(company), { metadata });
        try {
          const lease = await service.releaseLease(id, "released", options);
          expect(lease).toMatchObject({ id, status: "released" });
        } catch (error) {
          return (error as { cause?: { code?: string } }).cause?.code;
        }
        const [row] = await sql<
          { metadata: string | null }[]
        >`select metadata from environment_leases where id = ${id}`;
        return row?.metadata == null ? null : (JSON.parse(row.metadata) as unknown);
      });

    it("removes a receipt that is there since 2026.916", async () => {
      expect(await released('{"kept": 1, "remoteExecutionTermination": {"state": "old"}}')).toEqual({
        "2026.824": { kept: 1, remoteExecutionTermination: { state: "old" } },
        "2026.831": { kept: 1, remoteExecutionTermination: { state: "old" } },
        "2026.916": { kept: 1 },
        addon: { kept: 1 },
      });
    });

    it("records a receipt that is given since 2026.916", async () => {
      expect(await released('{"kept": 1}', { remoteExecutionTermination: RECEIPT })).toEqual({
        "2026.824": { kept: 1 },
        "2026.831": { kept: 1 },
        "2026.916": { kept: 1, remoteExecutionTermination: RECEIPT },
        addon: { kept: 1, remoteExecutionTermination: RECEIPT },
      });
      expect(await released(null, { remoteExecutionTermination: RECEIPT })).toEqual({
        "2026.824": null,
        "2026.831": null,
        "2026.916": { remoteExecutionTermination: RECEIPT },
        addon: { remoteExecutionTermination: RECEIPT },
      });
    });

    it("changes metadata that is a list since 2026.916", async () => {
      const list = '["kept", "remoteExecutionTermination"]';
      expect(await released(list)).toEqual({
        "2026.824": JSON.parse(list),
        "2026.831": JSON.parse(list),
        "2026.916": ["kept"],
        addon: ["kept"],
      });
    });

    it.each(['"text"', "5", "true"])("is refused by 2026.916 where the metadata is %s", async (scalar) => {
      expect(await released(scalar)).toEqual({
        "2026.824": JSON.parse(scalar),
        "2026.831": JSON.parse(scalar),
        "2026.916": "22023",
        // On purpose: such a lease could not be released at all.
        addon: JSON.parse(scalar),
      });
    });

    it.each([null, "{}", '{"kept": {"remoteExecutionTermination": 1}}', '["kept"]', "[]"])(
      "is the same for the metadata %s",
      async (metadata) => {
        const before = metadata === null ? null : JSON.parse(metadata);
        expect(await released(metadata)).toEqual({
          "2026.824": before,
          "2026.831": before,
          "2026.916": before,
          addon: before,
        });
      },
    );
  });

  describe("an acquisition that takes over a reusable lease", () => {
    interface Held {
      lease: string;
      input: AcquireEnvironmentLease;
    }

    async function held({ seed }: World): Promise<Held> {
      const company = await seed.company();
      const environment = await seed.environment(company);
      const workspace = await seed.workspace(company);
      const run = await seed.run(company);
      const lease = await seed.lease(company, environment, {
        execution_workspace_id: workspace,
        heartbeat_run_id: run,
        lease_policy: "reuse_by_environment",
        status: "retained",
        provider_lease_id: "sandbox-1",
      });
      const input: AcquireEnvironmentLease = {
        companyId: company,
        environmentId: environment,
        executionWorkspaceId: workspace,
        heartbeatRunId: run,
        leasePolicy: "reuse_by_environment",
        providerLeaseId: "sandbox-1",
      };
      return { lease, input };
    }

    const statuses = async ({ sql }: World) => {
      const rows = await sql<{ status: string }[]>`select status from environment_leases order by status`;
      return rows.map(({ status }) => status);
    };

    it("leaves the replaced lease as it is before 2026.916", async () => {
      const outcomes = await each(async (world) => {
        const { lease, input } = await held(world);
        const made = await world.service.acquireLease({ ...input, replacesReusableLeaseId: lease });
        expect(made.id).not.toBe(lease);
        return { made: made.status, all: await statuses(world) };
      });
      const ignored = { made: "active", all: ["active", "retained"] };
      const replaced = { made: "active", all: ["active", "expired"] };
      expect(outcomes).toEqual({
        "2026.824": ignored,
        "2026.831": ignored,
        "2026.916": replaced,
        addon: replaced,
      });
    });

    it("makes another lease instead of reusing the one before 2026.916", async () => {
      const outcomes = await each(async (world) => {
        const { lease, input } = await held(world);
        const made = await world.service.acquireLease({ ...input, reusesReusableLeaseId: lease });
        return { isTheSame: made.id === lease, all: await statuses(world) };
      });
      const ignored = { isTheSame: false, all: ["active", "retained"] };
      const reused = { isTheSame: true, all: ["active"] };
      expect(outcomes).toEqual({
        "2026.824": ignored,
        "2026.831": ignored,
        "2026.916": reused,
        addon: reused,
      });
    });

    it.each<[string, (held: Held) => AcquireEnvironmentLease, string]>([
      [
        "of a lease that is not there",
        ({ input }) => ({ ...input, replacesReusableLeaseId: unknownId() }),
        "Reusable sandbox lease ownership changed during acquisition.",
      ],
      [
        "again, of a lease that is not there",
        ({ input }) => ({ ...input, reusesReusableLeaseId: unknownId() }),
        "Reusable sandbox lease ownership changed during reacquisition.",
      ],
      [
        "without a provider's lease",
        ({ input, lease }) => ({ ...input, providerLeaseId: null, replacesReusableLeaseId: lease }),
        "A reusable lease handoff requires an execution workspace and provider lease id.",
      ],
      [
        "again, without a run",
        ({ input, lease }) => ({ ...input, heartbeatRunId: null, reusesReusableLeaseId: lease }),
        "A same-run reusable lease reacquisition requires a heartbeat run id.",
      ],
      [
        "in both ways",
        ({ input, lease }) => ({ ...input, replacesReusableLeaseId: lease, reusesReusableLeaseId: lease }),
        "A reusable lease cannot be replaced and reacquired in the same operation.",
      ],
    ])("is refused since 2026.916 %s, and made before", async (_, inputOf, message) => {
      const outcomes = await each(async (world) => {
        const made = world.service.acquireLease(inputOf(await held(world)));
        return made.then(
          ({ status }) => status,
          (error: Error) => error.message,
        );
      });
      expect(outcomes).toEqual({
        "2026.824": "active",
        "2026.831": "active",
        "2026.916": message,
        addon: message,
      });
    });
  });

  describe("a pass over the managed sandbox environment", () => {
    const wanted = (size: number) => ({ name: "Sandbox", provider: "p", config: { size } });

    it("takes no notice of platformFullyManaged before 2026.916", async () => {
      const outcomes = await each(async ({ seed, service }) => {
        await seed.company();
        const { environment } = await service.ensureManagedSandboxEnvironment(wanted(1));
        await service.update(environment.id, { description: "Mine" });
        const input = { ...wanted(2), platformFullyManaged: true };
        const { action, stockStatus } = await service.ensureManagedSandboxEnvironment(input);
        return { action, stockStatus, config: (await service.getById(environment.id))?.config };
      });
      const ignored = {
        action: "skipped",
        stockStatus: "operator_modified",
        config: { size: 1, provider: "p" },
      };
      const heeded = {
        action: "updated",
        stockStatus: "stock_update_available",
        config: { size: 2, provider: "p" },
      };
      expect(outcomes).toEqual({
        "2026.824": ignored,
        "2026.831": ignored,
        "2026.916": heeded,
        addon: heeded,
      });
    });

    it("that has to wait for another one takes its work for an operator's before 2026.916", async () => {
      const outcomes = await each(async ({ seed, service, sql }) => {
        await seed.company();
        const ensure = (size: number) => service.ensureManagedSandboxEnvironment(wanted(size));
        const { environment } = await ensure(1);
        await ensure(2);
        const [second] = await sql`select stock_hash, defaults_json from built_in_managed_resources`;
        await ensure(1);

        let waiting: Promise<{ action: string }> | undefined;
        // The other pass: it installs what was there for a while.
        await sql.begin(async (tx) => {
          await tx`select id from environments where id = ${environment.id} for update`;
          waiting = ensure(3);
          await untilSomebodyWaits(sql);
          await tx`update environments set config = '{"size": 2, "provider": "p"}' where id = ${environment.id}`;
          await tx`update built_in_managed_resources set stock_hash = ${second!["stock_hash"]},
            defaults_json = ${second!["defaults_json"]}`;
        });
        return (await waiting)?.action;
      });
      expect(outcomes).toEqual({
        "2026.824": "skipped",
        "2026.831": "skipped",
        "2026.916": "updated",
        addon: "updated",
      });
    });
  });
});

/** Until a session of the database waits for a lock that another one holds. */
async function untilSomebodyWaits(sql: TestDatabase["sql"]): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const rows = await sql`
      select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and cardinality(pg_blocking_pids(pid)) > 0`;
    if (rows.length > 0) return;
    await pause(10);
  }
  throw new Error("nobody waits for a lock");
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Gives values with the ids numbered as they come, the known ones first, and the times without their values. */
function normaliserOf(known: string[] = []): (value: unknown) => unknown {
  const numbers = new Map(known.map((id, index) => [id, index + 1]));
  const number = (id: string) => {
    const own = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, own);
    return `id ${own}`;
  };
  const normalise = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(ID, number);
    if (value instanceof Date) return "a time";
    if (Array.isArray(value)) return value.map(normalise);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, normalise(entry)]));
  };
  return normalise;
}

type Note = (what: string, call: Promise<unknown>) => Promise<unknown>;

/**
 * The outcomes of a way through the methods, as text, so that the order of keys counts; then all that is in the
 * tables, and what the log was told.
 */
async function walk(world: World, way: (world: World, note: Note) => Promise<void>): Promise<string[]> {
  const normalise = normaliserOf();
  const steps: string[] = [];
  const add = (what: string, value: unknown) =>
    steps.push(`${what}: ${JSON.stringify(normalise(value), null, 1)}`);
  await way(world, async (what, call) => {
    const outcome = await call.catch((error: unknown) => error);
    // The statement and its values are told by the originals only.
    const error = outcome instanceof Error ? withoutDrizzle(outcome) : null;
    add(what, error === null ? outcome : `${error.name}: ${error.message}`);
    // So that what is ordered by time has one order.
    await pause(2);
    return outcome;
  });
  const { sql, entries } = world;
  const leases = await sql`select status, lease_policy, environment_id, released_at is null as is_held,
    failure_reason, cleanup_status, metadata, created_at = updated_at as is_untouched
    from environment_leases order by created_at`;
  add("the leases", leases);
  add(
    "the environments",
    await sql`select id, name, description, driver, status, config, env_vars, metadata from environments order by name`,
  );
  add(
    "the bindings",
    await sql`select resource_id, stock_version, stock_hash, defaults_json from built_in_managed_resources
      order by created_at, stock_version`,
  );
  add(
    "the log",
    entries.splice(0).map(({ entry }) => ({ ...entry, companyId: null })),
  );
  return steps;
}

async function ofEnvironments({ service, seed, sql, db }: World, note: Note): Promise<void> {
  const company = await seed.company();
  await note("ensureLocalEnvironment", service.ensureLocalEnvironment(company));
  await note("ensureLocalEnvironment, again", service.ensureLocalEnvironment());
  const made = (await note(
    "create",
    service.create(company, {
      name: "Box",
      driver: "ssh",
      description: "d",
      config: { host: "h", list: [1, { a: null }] },
      envVars: { A: "1" },
      metadata: { _paperclipManagedArchiveToken: "t", a: 1 },
    }),
  )) as { id: string };
  await note("create, the name is taken", service.create({ name: "Box", driver: "ssh" }));
  await note("create, a second local one", service.create({ name: "Second", driver: "local" }));
  await note("create, without an input", service.create(company));
  await note(
    "create, in a transaction",
    db.transaction((tx) => service.create({ name: "Tx", driver: "plugin" }, undefined, { db: tx })),
  );
  await note("update, a name", service.update(made.id, { name: "New", envVars: {} }));
  await note("update, a status", service.update(made.id, { status: "archived" }));
  await note("update, metadata", service.update(made.id, { metadata: invalid([1, "b"]) }));
  await note("update, nothing", service.update(made.id, {}));
  await note("update, a name that is taken", service.update(made.id, { name: "Local" }));
  await note("update, an unknown id", service.update(unknownId(), { name: "n" }));
  await note(
    "update, in a transaction",
    db.transaction((tx) => service.update(made.id, { description: null }, { db: tx })),
  );
  await note("list", service.list());
  await note("list, filtered", service.list(company, { driver: "ssh", status: "archived" }));
  await note("getById", service.getById(made.id));
  await note("getById, an unknown id", service.getById(unknownId()));
  await note("getById, a malformed id", service.getById("none"));
  await note("listBoundCompanyIds", service.listBoundCompanyIds(made.id));
  await note("remove", service.remove(made.id));
  await note("remove, again", service.remove(made.id));
  expect(await sql`select id from environments where id = ${made.id}`).toEqual([]);
}

async function ofLeases({ service, seed, sql }: World, note: Note): Promise<void> {
  const company = await seed.company();
  const other = await seed.company();
  const environment = await seed.environment(company, { name: "Box" });
  const local = await seed.environment(company, { name: "Local", driver: "local" });
  const run = await seed.run(company);
  const issue = await seed.issue(company);
  const workspace = await seed.workspace(company);
  const input: AcquireEnvironmentLease = { companyId: company, environmentId: environment };

  const first = (await note(
    "acquireLease",
    service.acquireLease({
      ...input,
      heartbeatRunId: run,
      issueId: issue,
      metadata: { a: [1] },
      provider: "p",
    }),
  )) as { id: string };
  const second = (await note(
    "acquireLease, reusable",
    service.acquireLease({
      ...{ ...input, executionWorkspaceId: workspace, heartbeatRunId: run },
      ...{ leasePolicy: "reuse_by_environment", providerLeaseId: "s", expiresAt: new Date(0) },
    }),
  )) as { id: string };
  await note(
    "acquireLease, of an unknown environment",
    service.acquireLease({ ...input, environmentId: unknownId() }),
  );
  await note(
    "acquireLease, if it is the company's",
    service.acquireLease({ ...input, assertCompanyBinding: true }),
  );
  await sql`insert into built_in_managed_resources
    (company_id, bundle_key, resource_kind, resource_key, resource_id, stock_version, stock_hash)
    values (${other}, 'b', 'environment', 'k', ${environment}, 'v', 'h')`;
  await note(
    "acquireLease, if it is another company's",
    service.acquireLease({ ...input, assertCompanyBinding: true }),
  );
  await note("listBoundCompanyIds", service.listBoundCompanyIds(environment));
  await note("getLeaseById", service.getLeaseById(first.id));
  await note("getLeaseById, an unknown id", service.getLeaseById(unknownId()));
  await note("listLeases", service.listLeases(environment));
  await note("listLeases, filtered", service.listLeases(environment, { status: "active" }));
  await note("updateLeaseMetadata", service.updateLeaseMetadata(first.id, { b: 1 }));
  await note("updateLeaseMetadata, null", service.updateLeaseMetadata(second.id, null));
  const radius = async (id: string) => {
    // What only 2026.824 has not.
    const { reusableSandboxLeaseHolders: _, ...rest } = (await service.getDeleteBlastRadius(id)) ?? {
      reusableSandboxLeaseHolders: [],
    };
    return rest;
  };
  await note("getDeleteBlastRadius", radius(environment));
  await note("getDeleteBlastRadius, of the local one", radius(local));
  await note("getDeleteBlastRadius, an unknown id", service.getDeleteBlastRadius(unknownId()));
  await note("removeIfDeletable, with a reusable lease", service.removeIfDeletable(environment));
  await note("removeIfDeletable, the local one", service.removeIfDeletable(local));
  await note(
    "releaseLease",
    service.releaseLease(first.id, "failed", { failureReason: "f", cleanupStatus: "pending" }),
  );
  await note("releaseLease, retained", service.releaseLease(second.id, "retained"));
  await note(
    "releaseLease, again",
    service.releaseLease(first.id, "expired", { failureReason: invalid(null) }),
  );
  await note("releaseLease, an unknown id", service.releaseLease(unknownId()));
  await note("releaseLeasesForRun, with none that is active", service.releaseLeasesForRun(run));
  await note("acquireLease, for the run", service.acquireLease({ ...input, heartbeatRunId: run }));
  await note("releaseLeasesForRun", service.releaseLeasesForRun(run, "failed"));
  await note("hasUnresolvedPendingCleanupLeases", service.hasUnresolvedPendingCleanupLeases(environment));
  const pending = {
    companyId: company,
    provider: "p",
    providerLeaseId: "s",
    failureReason: "f",
    metadata: { a: 1 },
  };
  const orphan = (await note(
    "insertPendingCleanupLease",
    service.insertPendingCleanupLease({ ...pending, environmentId: environment }),
  )) as { id: string };
  await note(
    "insertPendingCleanupLease, of an unknown environment",
    service.insertPendingCleanupLease({ ...pending, environmentId: unknownId() }),
  );
  await note(
    "hasUnresolvedPendingCleanupLeases, now",
    service.hasUnresolvedPendingCleanupLeases(environment),
  );
  await note("getDeleteBlastRadius, now", radius(environment));
  await service.releaseLease(orphan.id, "expired");
  await service.releaseLease(second.id, "expired");
  await note("removeIfDeletable", service.removeIfDeletable(environment));
  await note("removeIfDeletable, again", service.removeIfDeletable(environment));
  await note("getLeaseById, without its environment", service.getLeaseById(first.id));
}

async function ofTheManagedOne({ service, seed }: World, note: Note): Promise<void> {
  const company = await seed.company();
  const wanted = (size: number) => ({
    name: "Sandbox",
    provider: "p",
    config: { size },
    stockVersion: `v${size}`,
  });
  const ensure = (size: number, more?: object) =>
    service.ensureManagedSandboxEnvironment({ ...wanted(size), ...more });
  await note("find, none", service.findManagedSandboxEnvironment());
  await note("archive, none", service.archiveManagedSandboxEnvironment({ provider: "p" }));
  const { environment } = (await note("ensure", ensure(1))) as { environment: { id: string } };
  await note("ensure, unchanged", ensure(1));
  await note("ensure, updated", ensure(2, { extraMetadata: { tier: 1 } }));
  await note("find", service.findManagedSandboxEnvironment(company));
  await note("archive, another provider", service.archiveManagedSandboxEnvironment({ provider: "q" }));
  await note("archive", service.archiveManagedSandboxEnvironment({ provider: "p" }));
  await note("find, archived", service.findManagedSandboxEnvironment());
  await note(
    "find, also archived",
    service.findManagedSandboxEnvironment(company, { includeArchived: true }),
  );
  await note("ensure, reactivated", ensure(2));
  await service.archiveManagedSandboxEnvironment({ provider: "p" });
  await note("an operator archives it again", service.update(environment.id, { status: "archived" }));
  await note("ensure, archived on purpose", ensure(3));
  await note("an operator makes it active", service.update(environment.id, { status: "active" }));
  await note("ensure, for another company", ensure(2, { companyId: await seed.company() }));
  await note("ensure, of an unknown company", ensure(4, { companyId: unknownId() }));
  await note("an operator changes it", service.update(environment.id, { description: "Mine" }));
  await note("ensure, skipped", ensure(3));
  await note(
    "ensureKubernetesEnvironment, skipped",
    service.ensureKubernetesEnvironment({ inCluster: true }),
  );
  await note("findKubernetesEnvironment, none", service.findKubernetesEnvironment());
  await service.remove(environment.id);
  await seed.environment(company, { name: "Taken", driver: "ssh" });
  await note("ensure, the name is taken", ensure(1, { name: "Taken" }));
}
