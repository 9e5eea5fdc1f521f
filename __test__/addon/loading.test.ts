import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { runChild, type ChildOptions } from "./support/child.js";

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
  for (const part of ["package.json", "index.js", "src-js"]) {
    await cp(path.join(root, part), path.join(installed, part), { recursive: true });
  }
});
afterEach(() => rm(project, { recursive: true, force: true }));

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
