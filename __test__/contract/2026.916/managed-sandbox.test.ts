// The managed sandbox environment: an instance has at most one. The platform creates and updates it, and leaves it alone
// once an operator has changed it. A binding for each company records what was installed.

import { createHash } from "node:crypto";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type {
  Environment,
  EnvironmentService,
  ManagedSandboxEnvironmentInput,
  UpdateEnvironment,
} from "../../../2026.916.js";
import { expectDatabaseError, rejection } from "../../support/errors.js";
import { isAddon, loadAddon, original, server } from "../../support/provider.js";
import { invalid, startSuite, unknownId } from "../../support/suite.js";

const { service, seed, sql, db, url, snapshot } = await startSuite<EnvironmentService>();

/** Before 2026.916 a pass takes no notice of `platformFullyManaged`, nor of what it has waited for. */
const isOlder = !isAddon && original !== "2026.916";

const TOKEN = "_paperclipManagedArchiveToken";

interface Entry {
  companyId: string;
  action: string;
  details: Record<string, unknown>;
}

const { entries } = server as unknown as { entries: { db: unknown; entry: Entry }[] };

beforeEach(async () => {
  await sql.unsafe("delete from environments; delete from companies");
  entries.length = 0;
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the server's log was told since the last time, by company. */
function told(): Entry[] {
  const taken = entries.splice(0);
  for (const entry of taken) expect(entry.db).toBe(db);
  return taken.map(({ entry }) => entry).sort((one, other) => one.companyId.localeCompare(other.companyId));
}

interface Binding {
  company: string;
  environment: string;
  keys: string[];
  version: string;
  hash: string;
  stock: Record<string, unknown>;
}

/** All bindings, by company. */
async function bindings(): Promise<Binding[]> {
  const rows = await sql.unsafe<Record<string, string>[]>(
    "select * from built_in_managed_resources order by company_id",
  );
  return rows.map((row) => ({
    company: String(row["company_id"]),
    environment: String(row["resource_id"]),
    keys: ["bundle_key", "resource_kind", "resource_key"].map((key) => String(row[key])),
    version: String(row["stock_version"]),
    hash: String(row["stock_hash"]),
    stock: JSON.parse(String(row["defaults_json"])),
  }));
}

/** Everything that these methods write, to assert that nothing was written. */
async function everything() {
  const rows = await sql.unsafe("select t::text from built_in_managed_resources t order by id");
  return { ...(await snapshot()), bindings: rows.map(({ t }) => t) };
}

const companies = async (count: number) =>
  (await Promise.all(Array.from({ length: count }, () => seed.company()))).sort();

const wanted = (changes: Partial<ManagedSandboxEnvironmentInput> = {}): ManagedSandboxEnvironmentInput => ({
  ...{ name: "Sandbox", provider: "p", config: { size: 1 } },
  ...changes,
});

const ensure = (changes?: Partial<ManagedSandboxEnvironmentInput>) =>
  service.ensureManagedSandboxEnvironment(wanted(changes));

const archive = (provider = "p") => service.archiveManagedSandboxEnvironment({ provider });

async function current(id: string): Promise<Environment> {
  const environment = await service.getById(id);
  if (environment === null) throw new Error("the environment is there");
  return environment;
}

/** A sandbox environment that is not managed. */
const unmanaged = (name: string) =>
  seed.environment("", { name, driver: "sandbox", config: '{"own": true}', metadata: '{"own": true}' });

const sha = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const STOCK = {
  name: "Sandbox",
  description: null,
  config: { size: 1, provider: "p" },
  metadata: { managedByPaperclip: true, managedSandboxProvider: "p", managedKubernetesSandbox: null },
  status: "active",
};

const HASH = sha(
  '{"config":{"provider":"p","size":1},"description":null,"metadata":{"managedByPaperclip":true,' +
    '"managedKubernetesSandbox":null,"managedSandboxProvider":"p"},"name":"Sandbox","status":"active"}',
);

describe("an environment that is not there", () => {
  it("is added", async () => {
    await companies(1);
    const result = await ensure();
    expect(Object.keys(result)).toEqual([
      "environment",
      "action",
      "stockStatus",
      "updateAvailable",
      "stockHash",
    ]);
    const { environment, ...rest } = result;
    expect(rest).toEqual({
      action: "added",
      stockStatus: "missing",
      updateAvailable: false,
      stockHash: HASH,
    });
    expect(Object.keys(environment)).toEqual([
      ...["id", "name", "description", "driver", "status", "config"],
      ...["envVars", "metadata", "createdAt", "updatedAt"],
    ]);
    expect(environment).toEqual({
      ...{ id: expect.any(String), name: "Sandbox", description: null, driver: "sandbox", status: "active" },
      config: { size: 1, provider: "p" },
      envVars: {},
      metadata: { managedByPaperclip: true, managedSandboxProvider: "p" },
      createdAt: expect.any(Date),
      updatedAt: environment.createdAt,
    });
    expect(await service.list()).toEqual([environment]);
  });

  it("has the description, the configuration and the metadata that were given", async () => {
    const { environment } = await ensure({
      description: "For all",
      config: { provider: "another", image: "i", nested: { list: [1, null] } },
      extraMetadata: { tier: "gold", none: null, managedKubernetesSandbox: true },
    });
    expect(environment.description).toBe("For all");
    expect(environment.config).toEqual({ provider: "p", image: "i", nested: { list: [1, null] } });
    expect(environment.metadata).toEqual({
      managedByPaperclip: true,
      managedSandboxProvider: "p",
      managedKubernetesSandbox: true,
      tier: "gold",
    });
  });

  it("has the provider and nothing else without a configuration", async () => {
    const { environment } = await service.ensureManagedSandboxEnvironment({ name: "Bare", provider: "p" });
    expect(environment.config).toEqual({ provider: "p" });
  });

  it.each(["yes", false, 1, null])(
    "does not keep the Kubernetes mark %j, which is not true",
    async (mark) => {
      const { environment } = await ensure({ extraMetadata: { managedKubernetesSandbox: mark } });
      expect(environment.metadata).not.toHaveProperty("managedKubernetesSandbox");
    },
  );

  it("is bound to all companies", async () => {
    const all = await companies(3);
    const { environment, stockHash } = await ensure();
    expect(await bindings()).toEqual(
      all.map((company) => ({
        company,
        environment: environment.id,
        keys: ["managed-sandbox-environment", "environment", "managed-sandbox"],
        version: "managed-environment-v1",
        hash: stockHash,
        stock: STOCK,
      })),
    );
    expect((await service.listBoundCompanyIds(environment.id)).sort()).toEqual(all);
  });

  it("is bound to one company, if one is given", async () => {
    const [, second] = await companies(2);
    const { environment } = await ensure({ companyId: second! });
    expect(await service.listBoundCompanyIds(environment.id)).toEqual([second]);
    expect(told()).toMatchObject([{ companyId: second, action: "environment.managed_stock_added" }]);
  });

  it("takes an empty company for none", async () => {
    const all = await companies(2);
    const { environment } = await ensure({ companyId: "" });
    expect((await service.listBoundCompanyIds(environment.id)).sort()).toEqual(all);
  });

  it("is bound with the version that was given", async () => {
    await companies(1);
    await ensure({ stockVersion: "2026-09" });
    expect(await bindings()).toMatchObject([{ version: "2026-09" }]);
  });

  it("is added without a company, and then told to nobody", async () => {
    expect(await ensure()).toMatchObject({ action: "added", stockHash: HASH });
    expect(await bindings()).toEqual([]);
    expect(told()).toEqual([]);
  });

  it("takes bindings over that speak of another environment", async () => {
    await companies(2);
    const { environment: first } = await ensure({ stockVersion: "old" });
    await service.remove(first.id);
    const { environment, action } = await ensure();
    expect(action).toBe("added");
    const bound = await bindings();
    expect(bound.map((binding) => binding.environment)).toEqual([environment.id, environment.id]);
    expect(bound.map(({ version }) => version)).toEqual(["managed-environment-v1", "managed-environment-v1"]);
  });
});

describe("an environment that is as it is wanted", () => {
  it("is unchanged: nothing is written, nothing is told", async () => {
    await companies(2);
    const { environment } = await ensure();
    told();
    const before = await everything();
    expect(await ensure({ stockVersion: "another" })).toEqual({
      environment,
      action: "unchanged",
      stockStatus: "stock_current",
      updateAvailable: false,
      stockHash: HASH,
    });
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });

  it("may have been given variables and metadata of its own", async () => {
    await companies(1);
    const { environment } = await ensure();
    const metadata = { ...environment.metadata, own: 1 };
    await service.update(environment.id, { envVars: { A: "1" }, metadata });
    expect(await ensure()).toMatchObject({
      action: "unchanged",
      environment: { envVars: { A: "1" }, metadata },
    });
  });

  it("is bound to companies that have come since: their tracking is initialised, which all are told", async () => {
    const [first] = await companies(1);
    const { environment } = await ensure();
    told();
    const second = await seed.company();
    const [before] = await bindings();
    const { action } = await ensure({ stockVersion: "newer" });
    expect(action).toBe("unchanged");
    const bound = await bindings();
    expect(bound).toContainEqual(before);
    expect(bound.find(({ company }) => company === second)).toEqual({
      ...before,
      company: second,
      version: "newer",
    });
    expect(told()).toEqual(
      [first!, second].sort().map((companyId) => ({
        companyId,
        actorType: "system",
        actorId: "managed-environment-reconciler",
        action: "environment.managed_stock_tracking_initialized",
        entityType: "environment",
        entityId: environment.id,
        details: {
          provider: "p",
          reconciliationAction: "unchanged",
          stockStatus: "stock_current",
          updateAvailable: false,
          stockHash: HASH,
          providerReactivated: false,
        },
      })),
    );
    expect(await ensure()).toMatchObject({ action: "unchanged" });
    expect(told()).toEqual([]);
  });

  it("is taken for the managed one by its name, if somebody else made it just so", async () => {
    const [company] = await companies(1);
    const id = await seed.environment("", {
      name: "Sandbox",
      driver: "sandbox",
      config: '{"size": 1, "provider": "p"}',
      metadata: '{"managedByPaperclip": true, "managedSandboxProvider": "p"}',
    });
    expect(await ensure()).toMatchObject({ action: "unchanged", environment: { id } });
    expect(await service.listBoundCompanyIds(id)).toEqual([company]);
  });
});

describe("an environment that is as it was installed, when something else is wanted", () => {
  it("is updated, and the bindings with it", async () => {
    const all = await companies(2);
    const { environment: before } = await ensure({ description: "Old" });
    await service.update(before.id, { envVars: { A: "1" } });
    told();
    const { environment, ...rest } = await ensure({ config: { size: 2 }, stockVersion: "v2", name: "New" });
    expect(rest).toEqual({
      action: "updated",
      stockStatus: "stock_update_available",
      updateAvailable: false,
      stockHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(environment).toEqual({
      ...before,
      name: "New",
      description: null,
      config: { size: 2, provider: "p" },
      envVars: { A: "1" },
      updatedAt: expect.any(Date),
    });
    expect(environment.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
    expect(await current(before.id)).toEqual(environment);
    expect(await bindings()).toEqual(
      all.map((company) => ({
        company,
        environment: before.id,
        keys: expect.any(Array),
        version: "v2",
        hash: rest.stockHash,
        stock: { ...STOCK, name: "New", config: { size: 2, provider: "p" } },
      })),
    );
    expect(await ensure({ config: { size: 2 }, name: "New" })).toMatchObject({ action: "unchanged" });
  });

  it("is switched to another provider", async () => {
    await companies(1);
    const { environment: before } = await ensure();
    const { environment, action } = await ensure({ provider: "q", config: { other: true } });
    expect({ action, id: environment.id }).toEqual({ action: "updated", id: before.id });
    expect(environment.config).toEqual({ other: true, provider: "q" });
    expect(environment.metadata).toEqual({ managedByPaperclip: true, managedSandboxProvider: "q" });
  });

  it("loses managed metadata that is no longer wanted, and keeps what is its own", async () => {
    await companies(1);
    const { environment } = await ensure({ extraMetadata: { tier: "gold", zone: 1 } });
    await service.update(environment.id, { metadata: { ...environment.metadata, own: [1] } });
    const { environment: after, action } = await ensure({ extraMetadata: { zone: 2 } });
    expect(action).toBe("updated");
    expect(after.metadata).toEqual({
      managedByPaperclip: true,
      managedSandboxProvider: "p",
      zone: 2,
      own: [1],
    });
  });

  it.each([
    ["first", 0],
    ["second", 1],
  ])("is updated if a binding knows it as it is, be it the %s one", async (_, index) => {
    const all = await companies(2);
    const [known, outdated] = [all[index], all[1 - index]];
    await ensure();
    expect(await ensure({ companyId: known!, config: { size: 2 } })).toMatchObject({ action: "updated" });
    // By the other company's binding, which is of an older installation, it is an operator's change.
    expect(await ensure({ companyId: outdated!, config: { size: 3 } })).toMatchObject({ action: "skipped" });
    expect(await ensure({ config: { size: 3 } })).toMatchObject({ action: "updated" });
    expect(new Set((await bindings()).map(({ hash }) => hash)).size).toBe(1);
  });

  it("keeps its name where an environment of another driver has the wanted one", async () => {
    await companies(1);
    const { environment } = await ensure();
    await seed.environment("", { name: "Taken", driver: "ssh" });
    expect(await ensure({ name: "Taken" })).toMatchObject({ action: "unchanged", environment });
    expect(await ensure({ name: "Taken", config: { size: 2 } })).toMatchObject({
      action: "updated",
      environment: { id: environment.id, name: "Sandbox", config: { size: 2 } },
    });
  });

  it("keeps its name where another sandbox environment has the wanted one, which is left alone", async () => {
    await companies(1);
    const { environment } = await ensure();
    const other = await unmanaged("Other");
    const before = await current(other);
    expect(await ensure({ name: "Other", config: { size: 2 } })).toMatchObject({
      action: "updated",
      environment: { id: environment.id, name: "Sandbox" },
    });
    expect(await current(other)).toEqual(before);
    expect(await bindings()).toMatchObject([{ stock: { name: "Sandbox" } }]);
  });
});

describe("an environment that an operator has changed", () => {
  const edits: [string, (before: Environment) => UpdateEnvironment][] = [
    ["its name", () => ({ name: "Mine" })],
    ["its description", () => ({ description: "Mine" })],
    ["its configuration", () => ({ config: { size: 9, provider: "p" } })],
    ["its status", () => ({ status: "archived" })],
    [
      "its provider in the metadata",
      ({ metadata }) => ({ metadata: { ...metadata, managedSandboxProvider: "q" } }),
    ],
    ["the mark that it is managed", () => ({ metadata: { own: true } })],
  ];

  it.each(edits)("in %s is skipped, as it is and when something new is wanted", async (_, edit) => {
    const all = await companies(2);
    const { environment } = await ensure();
    const edited = await service.update(environment.id, edit(environment));
    told();
    const before = await everything();
    expect(await ensure()).toEqual({
      environment: edited,
      action: "skipped",
      stockStatus: "operator_modified",
      updateAvailable: true,
      stockHash: expect.any(String),
    });
    const { stockHash, ...rest } = await ensure({ config: { size: 2 } });
    expect(rest).toMatchObject({ environment: edited, action: "skipped" });
    expect(await everything()).toEqual(before);
    expect(told().map(({ action, details }) => [action, details["stockHash"] === stockHash])).toEqual(
      all.flatMap(() => [
        ["environment.managed_stock_skipped", false],
        ["environment.managed_stock_skipped", true],
      ]),
    );
  });

  it.skipIf(isOlder).each(edits)(
    "in %s is taken over by a platform that manages all of it",
    async (_, edit) => {
      await companies(2);
      const { environment } = await ensure();
      await service.update(environment.id, edit(environment));
      expect(await ensure({ platformFullyManaged: true, config: { size: 2 } })).toMatchObject({
        action: "updated",
        stockStatus: "stock_update_available",
        updateAvailable: false,
        environment: {
          ...{ id: environment.id, name: "Sandbox", description: null, status: "active" },
          config: { size: 2, provider: "p" },
          metadata: { managedByPaperclip: true, managedSandboxProvider: "p" },
        },
      });
      expect(await ensure({ config: { size: 2 } })).toMatchObject({ action: "unchanged" });
    },
  );

  it("is bound to companies that have come since as to the others", async () => {
    await companies(1);
    const { environment } = await ensure({ stockVersion: "v1" });
    await service.update(environment.id, { description: "Mine" });
    const [before] = await bindings();
    const company = await seed.company();
    await ensure({ stockVersion: "v2", config: { size: 2 } });
    const bound = await bindings();
    expect(bound).toHaveLength(2);
    expect(bound.find((binding) => binding.company === company)).toEqual({ ...before, company });
  });

  it("is unchanged again once the operator has put it back", async () => {
    await companies(1);
    const { environment } = await ensure();
    await service.update(environment.id, { description: "Mine" });
    expect(await ensure()).toMatchObject({ action: "skipped" });
    await service.update(environment.id, { description: null });
    expect(await ensure()).toMatchObject({ action: "unchanged" });
    await ensure({ config: { size: 2 } });
    expect(await current(environment.id)).toMatchObject({ config: { size: 2, provider: "p" } });
  });

  it("is always such without a company, for there is nothing to compare with", async () => {
    const { environment } = await ensure();
    expect(await ensure()).toMatchObject({ action: "unchanged" });
    for (const platformFullyManaged of [false, true, true]) {
      expect(await ensure({ config: { size: 2 }, platformFullyManaged })).toMatchObject({
        action: "skipped",
        stockStatus: "operator_modified",
        updateAvailable: true,
        environment,
      });
    }
    expect(await current(environment.id)).toEqual(environment);
    expect(told()).toEqual([]);
  });

  it.each([
    ["a member that is undefined", { size: 1, more: undefined }],
    ["a date", { size: 1, at: new Date(0) }],
  ])("is what one becomes whose configuration has %s", async (_, config) => {
    await companies(1);
    // The hash is made of what has been stored at first, and of what was given from then on: they never agree.
    expect(await ensure({ config })).toMatchObject({ action: "added" });
    expect(await ensure({ config })).toMatchObject({ action: "updated" });
    for (let pass = 0; pass < 3; pass += 1) {
      expect(await ensure({ config })).toMatchObject({
        action: "skipped",
        stockStatus: "operator_modified",
        updateAvailable: true,
      });
    }
  });
});

describe("an unmanaged sandbox environment of the wanted name", () => {
  it("is left alone, and bound", async () => {
    const all = await companies(2);
    const id = await unmanaged("Sandbox");
    const before = await current(id);
    for (let pass = 0; pass < 2; pass += 1) {
      expect(await ensure()).toEqual({
        environment: before,
        action: "skipped",
        stockStatus: "operator_modified",
        updateAvailable: true,
        stockHash: HASH,
      });
      expect(await current(id)).toEqual(before);
      expect((await bindings()).map(({ company, hash, stock }) => ({ company, hash, stock }))).toEqual(
        all.map((company) => ({ company, hash: HASH, stock: STOCK })),
      );
    }
  });

  it.skipIf(isOlder)(
    "is not taken over on the first pass of a platform that manages all of it, but is on the second",
    async () => {
      await companies(1);
      const id = await unmanaged("Sandbox");
      const before = await current(id);
      expect(await ensure({ platformFullyManaged: true })).toMatchObject({
        action: "skipped",
        stockStatus: "operator_modified",
        environment: before,
      });
      expect(await current(id)).toEqual(before);
      expect(await ensure({ platformFullyManaged: true })).toMatchObject({
        action: "updated",
        environment: {
          id,
          config: { size: 1, provider: "p" },
          metadata: { own: true, managedByPaperclip: true, managedSandboxProvider: "p" },
        },
      });
    },
  );

  it("does not count beside a managed one of another name", async () => {
    await companies(1);
    const { environment } = await ensure({ name: "Managed" });
    const id = await unmanaged("Sandbox");
    expect(await ensure()).toMatchObject({ action: "unchanged", environment });
    expect(await service.listBoundCompanyIds(id)).toEqual([]);
  });

  it("is none if its mark is the text true: it is found by its name only", async () => {
    await companies(1);
    await seed.environment("", {
      name: "Other",
      driver: "sandbox",
      metadata: '{"managedByPaperclip": "true"}',
    });
    // The index takes the text for true, so there can be no other one beside it.
    const error = await rejection(ensure());
    expect(error.message).toBe("Failed to ensure managed sandbox environment");
    expect(await service.list()).toHaveLength(1);
    expect(await bindings()).toEqual([]);
  });
});

describe("an environment of another driver that has the wanted name", () => {
  it.each(["ssh", "local", "plugin"])("is refused by its driver, %s", async (driver) => {
    await companies(1);
    await seed.environment("", { name: 'The "box"', driver });
    const before = await everything();
    const error = await rejection(ensure({ name: 'The "box"' }));
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(error.message).toBe(
      `Failed to ensure managed sandbox environment: environment "The "box"" already exists with driver "${driver}"`,
    );
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });
});

describe("archiveManagedSandboxEnvironment", () => {
  it("archives the environment, with a token in its metadata and in its bindings", async () => {
    const all = await companies(2);
    const { environment: before } = await ensure();
    told();
    const after = await archive();
    const token = after?.metadata?.[TOKEN];
    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(after).toEqual({
      ...before,
      status: "archived",
      metadata: { ...before.metadata, [TOKEN]: token },
      updatedAt: expect.any(Date),
    });
    expect(await current(before.id)).toEqual(after);
    const bound = await bindings();
    expect(bound.map(({ company }) => company)).toEqual(all);
    for (const { hash, stock, version } of bound) {
      expect(stock).toEqual({ ...STOCK, status: "archived", [TOKEN]: token });
      expect(hash).toBe(
        sha(
          '{"config":{"provider":"p","size":1},"description":null,"metadata":{"managedByPaperclip":true,' +
            '"managedKubernetesSandbox":null,"managedSandboxProvider":"p"},"name":"Sandbox","status":"archived"}',
        ),
      );
      expect(version).toBe("managed-environment-v1");
    }
    expect(told()).toEqual(
      all.map((companyId) => ({
        companyId,
        actorType: "system",
        actorId: "managed-environment-reconciler",
        action: "environment.managed_provider_unavailable_archived",
        entityType: "environment",
        entityId: before.id,
        details: { provider: "p" },
      })),
    );
  });

  it("gives null for another provider, and writes nothing", async () => {
    await companies(1);
    await ensure();
    told();
    const before = await everything();
    expect(await archive("q")).toBeNull();
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });

  it("gives null where there is none, only an unmanaged one, or an archived one", async () => {
    await companies(1);
    expect(await archive()).toBeNull();
    await seed.environment("", {
      name: "Other",
      driver: "sandbox",
      metadata: '{"managedSandboxProvider": "p"}',
    });
    expect(await archive()).toBeNull();
    const { environment } = await ensure();
    await service.update(environment.id, { status: "archived" });
    told();
    const before = await everything();
    expect(await archive()).toBeNull();
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });

  it("archives for one company, if one is given: its binding alone is changed, it alone is told", async () => {
    const [first, second] = await companies(2);
    await ensure();
    told();
    await service.archiveManagedSandboxEnvironment({ provider: "p", companyId: second! });
    expect((await bindings()).map(({ company, stock }) => [company, stock["status"]])).toEqual([
      [first, "active"],
      [second, "archived"],
    ]);
    expect(told().map(({ companyId }) => companyId)).toEqual([second]);
  });

  it("archives one that is bound to no company", async () => {
    const { environment } = await ensure();
    expect(await archive()).toMatchObject({ id: environment.id, status: "archived" });
    expect(told()).toEqual([]);
  });

  it("leaves bindings alone that speak of another environment", async () => {
    await companies(1);
    await ensure();
    const other = unknownId();
    await sql`update built_in_managed_resources set resource_id = ${other}`;
    const before = await bindings();
    expect(await archive()).toMatchObject({ status: "archived" });
    expect(await bindings()).toEqual(before);
  });
});

describe("an environment that the platform has archived", () => {
  it("is active again after the next pass, without the token", async () => {
    await companies(2);
    const { environment: before } = await ensure();
    await archive();
    told();
    const { environment, action, stockStatus } = await ensure();
    expect({ action, stockStatus }).toEqual({ action: "updated", stockStatus: "stock_update_available" });
    expect(environment).toEqual({ ...before, updatedAt: expect.any(Date) });
    for (const { hash, stock } of await bindings())
      expect({ hash, stock }).toEqual({ hash: HASH, stock: STOCK });
    expect(told().map(({ details }) => details["providerReactivated"])).toEqual([false, false]);
  });

  it("is switched to another provider and active", async () => {
    await companies(1);
    await ensure();
    await archive();
    expect(await ensure({ provider: "q" })).toMatchObject({
      action: "updated",
      environment: { status: "active", config: { provider: "q" } },
    });
  });

  it("gets another token each time", async () => {
    await companies(1);
    await ensure();
    const first = await archive();
    await ensure();
    const second = await archive();
    expect(second?.metadata?.[TOKEN]).toEqual(expect.any(String));
    expect(second?.metadata?.[TOKEN]).not.toBe(first?.metadata?.[TOKEN]);
  });

  it("is only made active if an operator had changed it, and the rest is kept", async () => {
    const all = await companies(2);
    const { environment } = await ensure();
    const edited = await service.update(environment.id, { description: "Mine", config: { size: 9 } });
    await archive();
    // A patch that has neither metadata nor a status leaves the token.
    await service.update(environment.id, { name: "Mine" });
    const company = await seed.company();
    told();
    const result = await ensure({ config: { size: 2 } });
    expect(result).toEqual({
      environment: { ...edited, name: "Mine", updatedAt: expect.any(Date) },
      action: "skipped",
      stockStatus: "operator_modified",
      updateAvailable: true,
      stockHash: expect.any(String),
    });
    expect(await current(environment.id)).toEqual(result.environment);
    const bound = await bindings();
    expect(bound.map((binding) => binding.company)).toEqual([...all, company].sort());
    for (const { hash, stock } of bound) expect({ hash, stock }).toEqual({ hash: HASH, stock: STOCK });
    expect(told().map(({ action, details }) => ({ action, details }))).toEqual(
      [...all, company].map(() => ({
        action: "environment.managed_stock_skipped",
        details: {
          provider: "p",
          reconciliationAction: "skipped",
          stockStatus: "operator_modified",
          updateAvailable: true,
          stockHash: result.stockHash,
          providerReactivated: true,
        },
      })),
    );
    expect(await ensure()).toMatchObject({ action: "skipped", environment: { status: "active" } });
    expect(told().map(({ details }) => details["providerReactivated"])).toEqual([false, false, false]);
  });

  it.each<[string, (archived: Environment) => UpdateEnvironment]>([
    ["its status", () => ({ status: "archived" })],
    ["its metadata", ({ metadata }) => ({ metadata })],
  ])("stays archived if an operator says so by a patch of %s", async (_, patch) => {
    await companies(2);
    const { environment } = await ensure();
    const archived = await archive();
    const reaffirmed = await service.update(environment.id, patch(archived!));
    expect(reaffirmed?.metadata).not.toHaveProperty(TOKEN);
    told();
    const before = await everything();
    for (const platformFullyManaged of [false, true]) {
      expect(await ensure({ platformFullyManaged })).toMatchObject({
        action: "skipped",
        stockStatus: "operator_modified",
        updateAvailable: true,
        environment: reaffirmed!,
      });
      expect(await ensure({ platformFullyManaged, config: { size: 2 } })).toMatchObject({
        action: "skipped",
      });
    }
    expect(await everything()).toEqual(before);
    expect(told().map(({ details }) => details["providerReactivated"])).toEqual(Array(8).fill(false));
  });

  it("is as wanted if an operator makes it active", async () => {
    await companies(1);
    const { environment } = await ensure();
    await archive();
    await service.update(environment.id, { status: "active" });
    expect(await ensure()).toMatchObject({ action: "unchanged", environment: { status: "active" } });
  });

  it("is not made active where there is no company, for nothing says who archived it", async () => {
    await ensure();
    await archive();
    expect(await ensure()).toMatchObject({ action: "skipped", environment: { status: "archived" } });
  });
});

describe("the hash", () => {
  const hashes: [string, ManagedSandboxEnvironmentInput, string][] = [
    [
      "the least that there can be",
      { name: "M", provider: "p" },
      "sha256:b9c91f4a22b877de75685378b949ffd2f0aee181ede989af9fa1789f6ade651f",
    ],
    [
      "a description and metadata",
      {
        ...{ name: "Mü", provider: "p", description: 'a "b"\n', stockVersion: "any" },
        extraMetadata: { managedKubernetesSandbox: true, a: { c: 1, b: null }, none: null },
      },
      sha(
        String.raw`{"config":{"provider":"p"},"description":"a \"b\"\n","metadata":{"a":{"b":null,"c":1},` +
          '"managedByPaperclip":true,"managedKubernetesSandbox":true,"managedSandboxProvider":"p","none":null},' +
          '"name":"Mü","status":"active"}',
      ),
    ],
    [
      "keys, in the order of the process's language",
      { name: "M", provider: "p", config: { b: 1, a: 2, 10: 3, 9: 4, _x: 5, B2: 6, a1: 7, "": 8 } },
      sha(
        '{"config":{"":8,"_x":5,"10":3,"9":4,"a":2,"a1":7,"b":1,"B2":6,"provider":"p"},"description":null,' +
          '"metadata":{"managedByPaperclip":true,"managedKubernetesSandbox":null,"managedSandboxProvider":"p"},' +
          '"name":"M","status":"active"}',
      ),
    ],
    [
      "lists, numbers and nothing",
      {
        ...{ name: "M", provider: "p" },
        config: { list: [3, [true, null, {}], []], n: [1e21, 1e-7, -0.5, 1.0], none: null },
      },
      sha(
        '{"config":{"list":[3,[true,null,{}],[]],"n":[1e+21,1e-7,-0.5,1],"none":null,"provider":"p"},' +
          '"description":null,"metadata":{"managedByPaperclip":true,"managedKubernetesSandbox":null,' +
          '"managedSandboxProvider":"p"},"name":"M","status":"active"}',
      ),
    ],
  ];

  it.each(hashes)("of %s, as it was stored and as it is wanted", async (_, input, hash) => {
    await companies(1);
    const added = await service.ensureManagedSandboxEnvironment(input);
    expect({ action: added.action, hash: added.stockHash }).toEqual({ action: "added", hash });
    expect(await bindings()).toMatchObject([{ hash }]);
    expect(await service.ensureManagedSandboxEnvironment(input)).toMatchObject({
      action: "unchanged",
      stockHash: hash,
    });
  });

  it("includes metadata that was managed before, as null", async () => {
    await companies(1);
    await ensure({ extraMetadata: { tier: 1 } });
    const { stockHash } = await ensure();
    expect(stockHash).toBe(
      sha(
        '{"config":{"provider":"p","size":1},"description":null,"metadata":{"managedByPaperclip":true,' +
          '"managedKubernetesSandbox":null,"managedSandboxProvider":"p","tier":null},"name":"Sandbox",' +
          '"status":"active"}',
      ),
    );
  });
});

describe("the log", () => {
  it("is told what was done, once for each company", async () => {
    const all = await companies(2);
    const added = await ensure();
    const updated = await ensure({ config: { size: 2 } });
    await service.update(added.environment.id, { description: "Mine" });
    const skipped = await ensure({ companyId: all[1]! });
    const entry = (companyId: string, { action, ...result }: typeof added) => ({
      companyId,
      actorType: "system",
      actorId: "managed-environment-reconciler",
      action: `environment.managed_stock_${action}`,
      entityType: "environment",
      entityId: added.environment.id,
      details: {
        provider: "p",
        reconciliationAction: action,
        stockStatus: result.stockStatus,
        updateAvailable: result.updateAvailable,
        stockHash: result.stockHash,
        providerReactivated: false,
      },
    });
    const expected = [
      ...[added, updated].map((result) => entry(all[0]!, result)),
      ...[added, updated, skipped].map((result) => entry(all[1]!, result)),
    ];
    const taken = told();
    expect(taken).toStrictEqual(expected);
    expect(taken.map((each) => Object.keys(each))).toEqual(expected.map((each) => Object.keys(each)));
    expect(taken.map(({ details }) => Object.keys(details))).toEqual(
      expected.map(({ details }) => Object.keys(details)),
    );
  });

  it("is told when the transaction is over", async () => {
    await companies(1);
    let seen: unknown[] = [];
    let reading: Promise<void> | undefined;
    vi.spyOn(entries, "push").mockImplementation(() => {
      reading = (async () => {
        seen = await sql.unsafe("select id from environments");
      })();
      return 0;
    });
    await ensure();
    await reading;
    expect(seen).toHaveLength(1);
  });

  it("rejects the call if it fails, although the environment is written", async () => {
    const all = await companies(2);
    const failing = vi.spyOn(entries, "push").mockImplementation(() => {
      throw new Error("The log is full");
    });
    expect((await rejection(ensure())).message).toBe("The log is full");
    const [environment] = await service.list();
    expect(environment).toMatchObject({ name: "Sandbox", driver: "sandbox" });
    expect((await bindings()).map(({ company }) => company)).toEqual(all);

    expect((await rejection(archive())).message).toBe("The log is full");
    expect(await current(environment!.id)).toMatchObject({ status: "archived" });

    failing.mockRestore();
    expect(await ensure()).toMatchObject({ action: "updated" });
    expect(await ensure()).toMatchObject({ action: "unchanged" });
  });
});

describe("a transaction that fails", () => {
  it("leaves nothing of an environment that would have been added, and is told to nobody", async () => {
    const before = await everything();
    await expectDatabaseError(ensure({ companyId: unknownId() }), "23503", {
      constraint_name: "built_in_managed_resources_company_id_companies_id_fk",
    });
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });

  it("leaves nothing of an update", async () => {
    const [company] = await companies(1);
    await ensure();
    told();
    await sql.unsafe(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
      create trigger refuse before insert or update on built_in_managed_resources
        for each row execute function refuse()`);
    try {
      const before = await everything();
      await expectDatabaseError(ensure({ config: { size: 2 } }), "P0001", { message: "not now" });
      await expectDatabaseError(ensure({ companyId: company!, config: { size: 2 } }), "P0001");
      await expectDatabaseError(archive(), "P0001");
      expect(await everything()).toEqual(before);
      expect(told()).toEqual([]);
    } finally {
      await sql.unsafe("drop function refuse cascade");
    }
  });

  it("leaves nothing where the environment cannot be read", async () => {
    await companies(1);
    const id = await unmanaged("Sandbox");
    await sql`update environments set status = 'gone' where id = ${id}`;
    const before = await everything();
    expect((await rejection(ensure())).message).toBe("Unexpected environment status value: gone");
    expect(await everything()).toEqual(before);
    expect(told()).toEqual([]);
  });

  it("is what a company id makes of it that is none", async () => {
    const before = await everything();
    await expectDatabaseError(ensure({ companyId: "none" }), "22P02");
    expect(await everything()).toEqual(before);
  });
});

describe("passes at the same time", () => {
  it("agree on one environment that was not there", async () => {
    const all = await companies(2);
    const results = await Promise.all(Array.from({ length: 6 }, () => ensure()));
    const [environment, ...others] = await service.list();
    expect(others).toEqual([]);
    for (const result of results) expect(result).toMatchObject({ environment, stockHash: HASH });
    expect(results.map(({ action }) => action).sort()).toEqual(["added", ...Array(5).fill("unchanged")]);
    expect((await bindings()).map(({ company, hash }) => ({ company, hash }))).toEqual(
      all.map((company) => ({ company, hash: HASH })),
    );
  });

  it.skipIf(isOlder)("go one after another where it was there", async () => {
    await companies(2);
    const { environment } = await ensure();
    const sizes = [2, 3, 4, 2, 3, 4];
    const results = await Promise.all(sizes.map((size) => ensure({ config: { size } })));
    // Each finds what the one before has installed.
    for (const { action } of results) expect(["updated", "unchanged"]).toContain(action);
    const [after, ...others] = await service.list();
    expect(others).toEqual([]);
    expect(after?.id).toBe(environment.id);
    const [first, second] = await bindings();
    expect(first?.stock["config"]).toEqual(after?.config);
    expect({ ...second, company: "" }).toEqual({ ...first, company: "" });
  });

  it("archive it once", async () => {
    await companies(1);
    await ensure();
    const results = await Promise.all(Array.from({ length: 4 }, () => archive()));
    expect(results.filter((result) => result !== null)).toHaveLength(1);
  });
});

describe("ensureKubernetesEnvironment", () => {
  const config = { inCluster: true, egressAllowFqdns: ["a.example.org"], more: 1 };

  it("makes the managed sandbox environment of the provider kubernetes, for all companies", async () => {
    const all = await companies(2);
    const environment = await service.ensureKubernetesEnvironment(config);
    expect(environment).toEqual({
      id: expect.any(String),
      name: "Kubernetes Sandbox",
      description: "Managed Kubernetes sandbox environment for hosted tenant execution.",
      driver: "sandbox",
      status: "active",
      config: { ...config, provider: "kubernetes" },
      envVars: {},
      metadata: {
        managedByPaperclip: true,
        managedSandboxProvider: "kubernetes",
        managedKubernetesSandbox: true,
      },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    expect((await service.listBoundCompanyIds(environment.id)).sort()).toEqual(all);
    expect(told().map(({ details }) => details["provider"])).toEqual(["kubernetes", "kubernetes"]);
    expect(await service.ensureKubernetesEnvironment(config)).toEqual(environment);
  });

  it("makes it for one company that stands before the configuration", async () => {
    const [, second] = await companies(2);
    const environment = await service.ensureKubernetesEnvironment(second!, config);
    expect(environment.config).toEqual({ ...config, provider: "kubernetes" });
    expect(await service.listBoundCompanyIds(environment.id)).toEqual([second]);
  });

  it("updates it, and resolves to it also where an operator has changed it", async () => {
    await companies(1);
    const { id } = await service.ensureKubernetesEnvironment(config);
    const updated = await service.ensureKubernetesEnvironment({ inCluster: false });
    expect(updated).toMatchObject({ id, config: { inCluster: false, provider: "kubernetes" } });
    const edited = await service.update(id, { description: "Mine" });
    expect(await service.ensureKubernetesEnvironment(config)).toEqual(edited);
  });

  it("rejects a company without a configuration, and writes nothing", async () => {
    const [company] = await companies(1);
    for (const missing of [undefined, invalid<undefined>(null)]) {
      const error = await rejection(service.ensureKubernetesEnvironment(company!, missing));
      expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
      expect(error.message).toBe("Kubernetes environment config is required");
    }
    expect(await service.list()).toEqual([]);
  });

  it("takes over the managed environment of another provider", async () => {
    await companies(1);
    const { environment } = await ensure();
    expect(await service.ensureKubernetesEnvironment(config)).toMatchObject({
      id: environment.id,
      name: "Kubernetes Sandbox",
      metadata: { managedSandboxProvider: "kubernetes", managedKubernetesSandbox: true },
    });
    // And loses the mark again.
    expect((await ensure()).environment.metadata).toEqual(environment.metadata);
  });
});

describe("findKubernetesEnvironment", () => {
  it("finds the active one, whatever the company", async () => {
    expect(await service.findKubernetesEnvironment()).toBeNull();
    const environment = await service.ensureKubernetesEnvironment({ inCluster: true });
    expect(await service.findKubernetesEnvironment()).toEqual(environment);
    expect(await service.findKubernetesEnvironment(unknownId())).toEqual(environment);
    await archive("kubernetes");
    expect(await service.findKubernetesEnvironment()).toBeNull();
  });

  it("does not find one of another driver, of another provider, or whose mark is not true", async () => {
    await ensure();
    await seed.environment("", { driver: "ssh", metadata: '{"managedKubernetesSandbox": true}' });
    await seed.environment("", { driver: "sandbox", metadata: '{"managedKubernetesSandbox": "true"}' });
    await seed.environment("", { driver: "sandbox", metadata: '{"managedKubernetesSandbox": 1}' });
    expect(await service.findKubernetesEnvironment()).toBeNull();
  });

  it("finds the last updated of several that are marked", async () => {
    const marked = (time: string) =>
      seed.environment("", {
        driver: "sandbox",
        metadata: '{"managedKubernetesSandbox": true}',
        updated_at: time,
      });
    await marked("2001-01-01T00:00:00Z");
    const last = await marked("2003-01-01T00:00:00Z");
    await marked("2002-01-01T00:00:00Z");
    expect(await service.findKubernetesEnvironment()).toMatchObject({ id: last });
  });
});

describe("findManagedSandboxEnvironment", () => {
  it("finds the active one, whatever the company", async () => {
    expect(await service.findManagedSandboxEnvironment()).toBeNull();
    const { environment } = await ensure();
    expect(await service.findManagedSandboxEnvironment()).toEqual(environment);
    expect(await service.findManagedSandboxEnvironment(unknownId(), {})).toEqual(environment);
    expect(await service.findManagedSandboxEnvironment(undefined, { includeArchived: true })).toEqual(
      environment,
    );
  });

  it("finds an archived one only with includeArchived, which is true and nothing else", async () => {
    await ensure();
    const archived = await archive();
    expect(await service.findManagedSandboxEnvironment(undefined, { includeArchived: true })).toEqual(
      archived,
    );
    for (const includeArchived of [false, undefined, 1, "true"]) {
      const options = invalid<{ includeArchived: boolean }>({ includeArchived });
      expect(await service.findManagedSandboxEnvironment(undefined, options)).toBeNull();
    }
    expect(await service.findManagedSandboxEnvironment()).toBeNull();
  });

  it("does not find one of another driver, or whose mark is not true", async () => {
    await seed.environment("", { driver: "local", metadata: '{"managedByPaperclip": true}' });
    await seed.environment("", { driver: "sandbox", metadata: '{"managedByPaperclip": "true"}' });
    expect(await service.findManagedSandboxEnvironment(undefined, { includeArchived: true })).toBeNull();
  });
});

if (isAddon)
  describe("without what the addon needs for it", () => {
    it("rejects where the source is no drizzle database, and says why", async () => {
      const other = loadAddon()(invalid(url)) as unknown as EnvironmentService;
      try {
        const calls = [
          () => other.ensureManagedSandboxEnvironment(wanted()),
          () => other.archiveManagedSandboxEnvironment({ provider: "p" }),
          () => other.ensureKubernetesEnvironment({ inCluster: true }),
        ];
        for (const call of calls) {
          const error = await rejection(call());
          expect(error).toBeInstanceOf(TypeError);
          expect(error.message).toBe(
            "This method needs a drizzle database as the source of the service, for a transaction of its own",
          );
        }
        expect(await other.findManagedSandboxEnvironment()).toBeNull();
      } finally {
        await other.close();
      }
    });

    it("does everything but the log where no log is given", async () => {
      const { environmentService } = await import("../../../2026.916.js");
      const [company] = await companies(1);
      const other = environmentService(db);
      try {
        const { environment, action } = await other.ensureManagedSandboxEnvironment(wanted());
        expect(action).toBe("added");
        expect(await other.listBoundCompanyIds(environment.id)).toEqual([company]);
        expect(await other.archiveManagedSandboxEnvironment({ provider: "p" })).toMatchObject({
          status: "archived",
        });
        expect(told()).toEqual([]);
      } finally {
        await other.close();
      }
    });

    it.each([
      ["input", undefined],
      ["input.name", { provider: "p" }],
      ["input.provider", { name: "Sandbox" }],
      ["input.name", { name: 1, provider: "p" }],
      ["input.config", { name: "Sandbox", provider: "p", config: "text" }],
      ["input.companyId", { name: "Sandbox", provider: "p", companyId: 1 }],
    ])("names %s where the input is %j", async (name, input) => {
      const error = await rejection(service.ensureManagedSandboxEnvironment(invalid(input)));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(new RegExp(`^${name} `));
      expect(await service.list()).toEqual([]);
    });
  });
