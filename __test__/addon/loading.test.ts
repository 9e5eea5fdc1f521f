import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { runChild, type ChildOptions } from "./support/child.js";

const { url, seed } = await startSuite();

const require = createRequire(import.meta.url);
const { OVERRIDE, localFile } = require("../../src-js/addon/places.js") as {
  OVERRIDE: string;
  localFile: () => string;
};
const { platformName } = require("../../src-js/addon/platform.js") as { platformName: () => string };
const { version } = require("../../package.json") as { version: string };

const root = fileURLToPath(new URL("../../", import.meta.url));
const platform = platformName();
const binary = path.basename(localFile());
/** The addon that the other tests use. */
const built = process.env[OVERRIDE] || localFile();

/** A project in which the package is installed, without any binary. */
let project: string;
let installed: string;

beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), "environment-service-loading-"));
  installed = path.join(project, "node_modules/paperclip-environment-service");
  await copyPackage(installed);
});
afterEach(() => rm(project, { recursive: true, force: true }));

async function copyPackage(folder: string): Promise<void> {
  for (const part of ["package.json", "index.js", "src-js"]) {
    await cp(path.join(root, part), path.join(folder, part), { recursive: true });
  }
}

async function installPlatformPackage(ofVersion: string): Promise<void> {
  const folder = `${installed}-${platform}`;
  await mkdir(folder);
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ version: ofVersion, main: binary }));
  await copyFile(built, path.join(folder, binary));
}

interface Imported {
  loaded: string[];
  error?: { name: string; code: string; platform: string; message: string; errors: string[] };
}

/** Imports the package in a process of its own, and tells which binaries were loaded or why none was. */
async function importIt(env: ChildOptions["env"] = {}): Promise<Imported> {
  const program = `
    const loaded = () => Object.keys(require.cache).filter((file) => file.endsWith(".node"));
    try {
      require("paperclip-environment-service");
      console.log(JSON.stringify({ loaded: loaded() }));
    } catch ({ name, code, platform, message, errors }) {
      const error = { name, code, platform, message, errors: errors.map((cause) => cause.message) };
      console.log(JSON.stringify({ loaded: loaded(), error }));
    }`;
  const own = { [OVERRIDE]: "", ...env };
  const { stdout, stderr } = await runChild(program, { env: own, cwd: project });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Imported;
}

describe("the addon is looked for", () => {
  it("where PAPERCLIP_ENVIRONMENT_SERVICE_BINARY says, before anywhere else", async () => {
    await installPlatformPackage(version);
    const chosen = path.join(project, "chosen.node");
    await copyFile(built, chosen);
    await copyFile(built, path.join(installed, binary));
    const { loaded } = await importIt({ [OVERRIDE]: "chosen.node" });
    expect(loaded).toEqual([chosen]);
  });

  it("beside index.js, before the platform's package", async () => {
    await installPlatformPackage(version);
    await copyFile(built, path.join(installed, binary));
    expect(await importIt()).toEqual({ loaded: [path.join(installed, binary)] });
  });

  it("in the platform's package", async () => {
    await installPlatformPackage(version);
    expect(await importIt()).toEqual({ loaded: [path.join(`${installed}-${platform}`, binary)] });
  });
});

describe("without an addon, the error", () => {
  it("says for which platform, where it was looked for and what to do", async () => {
    const { error } = await importIt();
    expect(error).toMatchObject({ name: "AggregateError", code: "ADDON_NOT_LOADED", platform });
    expect(error?.message.split("\n")).toEqual([
      `paperclip-environment-service ${version}: the native addon for ${platform} could not be loaded (Node ${process.version}).`,
      "Looked for:",
      `  - ${path.join(installed, binary)}: There is no such file`,
      `  - the package paperclip-environment-service-${platform}: It is not installed`,
      "Next: build it from source, with Rust (https://rustup.rs) installed:",
      "  npx paperclip-environment-service build",
    ]);
    expect(error?.errors).toEqual(["There is no such file", "It is not installed"]);
  });

  it("names the repository's own command in the repository", async () => {
    await writeFile(path.join(installed, "package-lock.json"), "{}");
    expect((await importIt()).error?.message).toMatch(/\n {2}npm run build$/);
  });

  it("says what keeps a broken file from being loaded, and goes on looking", async () => {
    await writeFile(path.join(installed, binary), "not a library");
    const { error } = await importIt();
    expect(error?.errors).toHaveLength(2);
    expect(error?.errors[0]).toContain(binary);
    expect(error?.message).toContain(error?.errors[0]?.split("\n")[0]);
    await installPlatformPackage(version);
    expect((await importIt()).error).toBeUndefined();
  });

  it("refuses a platform's package of another version, and does not load it", async () => {
    await installPlatformPackage("0.0.1");
    const { error, loaded } = await importIt();
    expect(error?.errors[1]).toBe(`It is version 0.0.1, and ${version} is needed`);
    expect(loaded).toEqual([]);
  });

  it.each([
    ["is not there", "nowhere.node", "There is no such file"],
    ["is no addon by its name", "package.json", "The name of a native addon ends in .node"],
  ])("tries nothing else if the file that is named %s", async (_, file, cause) => {
    await installPlatformPackage(version);
    const { error } = await importIt({ [OVERRIDE]: file });
    expect(error?.errors).toEqual([cause]);
    expect(error?.message).toMatch(/Next: correct PAPERCLIP_ENVIRONMENT_SERVICE_BINARY, or unset it\.$/);
  });
});

describe("with the flags of Node that take something away", () => {
  /** The permission model has left its trial in the meantime. */
  const PERMISSION = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";

  const tryIt = (nodeFlags: string[]) =>
    runChild(
      `const tell = ({ code, message, stack, errors = [] }) =>
         console.log(JSON.stringify({ code, message, stack, errors: errors.map((cause) => cause.code) }));
       try {
         const { environmentService } = require("paperclip-environment-service");
         const service = environmentService(process.env.DATABASE_URL);
         (async function theCallersOwnFunction() {
           console.log(await service.getById("00000000-0000-4000-8000-000000000000"));
           await service.getById("malformed").catch(tell);
           await service.close();
         })();
       } catch (error) {
         tell(error);
       }`,
      { nodeFlags: ["--no-warnings", ...nodeFlags], env: { DATABASE_URL: url } },
    );

  it("--frozen-intrinsics: it can be imported and used, and errors have their frames", async () => {
    const ended = await tryIt(["--frozen-intrinsics"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    const [row, error = "{}"] = ended.stdout.split("\n");
    expect(row).toBe("null");
    expect(JSON.parse(error)).toMatchObject({
      code: "22P02",
      stack: expect.stringContaining("theCallersOwnFunction"),
    });
  });

  it("--disallow-code-generation-from-strings and --disable-proto=throw", async () => {
    const ended = await tryIt(["--disallow-code-generation-from-strings", "--disable-proto=throw"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(ended.stdout).toMatch(/^null\n\{"code":"22P02"/);
  });

  it(`${PERMISSION} without addons: the error names the flag that is missing, and no build`, async () => {
    const ended = await tryIt([PERMISSION, "--allow-fs-read=*"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    const error = JSON.parse(ended.stdout) as { code: string; message: string; errors: string[] };
    expect(error.code).toBe("ADDON_NOT_LOADED");
    expect(error.errors).toContain("ERR_DLOPEN_DISABLED");
    const [, next = ""] = error.message.split("Next: ");
    expect(next).toContain("--allow-addons");
    expect(error.message).not.toMatch(/rustup|run build|service build/);
  });

  it("--no-addons: likewise", async () => {
    const ended = await tryIt(["--no-addons"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    const { code, message } = JSON.parse(ended.stdout) as { code: string; message: string };
    expect(code).toBe("ADDON_NOT_LOADED");
    expect(message.split("Next: ")[1]).toMatch(/--(no|allow)-addons/);
    expect(message).not.toMatch(/rustup|run build|service build/);
  });

  it(`${PERMISSION} with addons: it can be imported`, async () => {
    const ended = await runChild(
      'console.log(typeof require("paperclip-environment-service").environmentService)',
      { nodeFlags: ["--no-warnings", PERMISSION, "--allow-fs-read=*", "--allow-addons"] },
    );
    expect(ended).toMatchObject({ code: 0, stdout: "function\n", stderr: "" });
  });
});

describe("loaded more than once in a process", () => {
  const inProject = (program: string) =>
    runChild(program, { env: { [OVERRIDE]: "", DATABASE_URL: url }, cwd: project });

  it("under two paths, as two packages that depend on it have it, each is by itself", async () => {
    const companyId = await seed.company();
    const other = path.join(project, "node_modules/other/node_modules/paperclip-environment-service");
    await copyPackage(other);
    for (const folder of [installed, other]) await copyFile(built, path.join(folder, binary));
    const ended = await inProject(`
      const one = require("paperclip-environment-service").environmentService;
      const two = require(${JSON.stringify(other)}).environmentService;
      const loaded = Object.keys(require.cache).filter((file) => file.endsWith(".node"));
      const times = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));
      (async () => {
        const services = [one(), two()];
        const made = await times(200, (n) => services[n % 2].create("${companyId}", { name: String(n), driver: "ssh" }));
        const lists = await Promise.all(services.map((service) => service.list("${companyId}")));
        const leaseOf = (service, { id: environmentId }) => service.acquireLease({ companyId: "${companyId}", environmentId });
        const [lease] = await Promise.all(services.map((service, n) => leaseOf(service, made[n])));
        const underWay = times(50, (n) => services[1].getById(made[n].id));
        await services[0].close();
        const refused = await services[0].getById(made[0].id).catch(({ code }) => code);
        const rows = await underWay;
        const released = await services[1].releaseLease(lease.id);
        const error = await services[1].getById("malformed").catch(({ code }) => code);
        console.log(JSON.stringify({
          loaded: loaded.length,
          same: one === two,
          inOrder: made.every(({ name }, n) => name === String(n)),
          lists: lists.map(({ length }) => length),
          refused,
          read: rows.every(({ id }, n) => id === made[n].id),
          released: released.status,
          error,
          opened: services.map((service) => service.stats().connections.opened > 0),
        }));
      })();`);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(JSON.parse(ended.stdout)).toEqual({
      loaded: 2,
      same: false,
      inOrder: true,
      lists: [200, 200],
      refused: "CONNECTION_ENDED",
      read: true,
      released: "released",
      error: "22P02",
      // Those of the first are gone with its numbers.
      opened: [false, true],
    });
  });

  it("by code in a vm context, all of whose values are of another realm", async () => {
    const companyId = await seed.company();
    const environmentId = await seed.environment(companyId);
    await copyFile(built, path.join(installed, binary));
    const inContext = `
      const { environmentService } = require("paperclip-environment-service");
      const ids = { companyId: "${companyId}", environmentId: "${environmentId}" };
      const config = { list: [1, [2, null], { 2: "b", 1: "a" }], date: new Date(0), own: { toJSON: () => ["made"] } };
      const codeOf = (call) => call.then(() => "resolved", ({ name, code = name }) => code);
      (async () => {
        const { hostname, port, username, password, pathname } = address;
        const connectionString = \`postgres://\${username}@\${hostname}:\${port}\${pathname}\`;
        // With the promise that an async function gives.
        const service = environmentService(
          { connectionString, password: async () => password },
          { maxConnections: 3 },
        );
        const expiresAt = new Date(Date.UTC(2040, 0, 2));
        const [environment, lease] = await Promise.all([
          service.create(ids.companyId, { name: "n", driver: "ssh", config, metadata: null }),
          service.acquireLease({ ...ids, expiresAt, metadata: config }),
        ]);
        const read = await Promise.all([environment.id, ids.environmentId].map(service.getById));
        const aborted = service.list(ids.companyId, {}, { signal: controller.signal });
        controller.abort();
        const errors = [
          codeOf(aborted),
          codeOf(service.acquireLease({ ...ids, expiresAt: new Date(NaN) })),
          codeOf(service.acquireLease({ ...ids, expiresAt: Object.create(Date.prototype) })),
          codeOf(service.create(ids.companyId, [])),
          codeOf(service.getById("malformed")),
        ];
        const answers = {
          isOfAnotherRealm: !(config instanceof outer.Object) && !(config.date instanceof outer.Date),
          config: environment.config,
          metadata: [environment.metadata, lease.metadata],
          expiresAt: lease.expiresAt,
          read: read.map(({ id }) => id === environment.id || id === ids.environmentId),
          errors: await Promise.all(errors),
          released: (await service.releaseLease(lease.id)).status,
        };
        await service.close();
        return JSON.stringify(answers);
      })()`;
    const ended = await inProject(`
      const vm = require("node:vm");
      const address = new URL(process.env.DATABASE_URL);
      const context = vm.createContext({ require, address, controller: new AbortController(), outer: { Date, Object } });
      new vm.Script(${JSON.stringify(inContext)}).runInContext(context).then((answers) => console.log(answers));`);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    const stored = {
      list: [1, [2, null], { 1: "a", 2: "b" }],
      date: "1970-01-01T00:00:00.000Z",
      own: ["made"],
    };
    expect(JSON.parse(ended.stdout)).toEqual({
      isOfAnotherRealm: true,
      config: stored,
      metadata: [null, stored],
      expiresAt: "2040-01-02T00:00:00.000Z",
      read: [true, true],
      errors: ["ABORT_ERR", "RangeError", "TypeError", "TypeError", "22P02"],
      released: "released",
    });
  });
});
