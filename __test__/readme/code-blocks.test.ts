// Every code block in the manual, and every example in the types, compiles, and most of them run.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { blocksOf, examplesOf, pages, pathOf, typings, type Block } from "./manual.js";

const { url, seed } = await startSuite();

const all = pages.flatMap(blocksOf);
const programs = all.filter(({ language }) => /^[jt]s$/.test(language));
const examples = typings.flatMap(examplesOf);

mkdirSync(pathOf(".cache"), { recursive: true });
const outer = mkdtempSync(pathOf(".cache/manual-"));
const folder = path.join(outer, "services");
mkdirSync(folder);
afterAll(() => rmSync(outer, { recursive: true, force: true }));

/** What a file in the place of Paperclip's finds beside itself. */
writeFileSync(
  path.join(outer, "errors.d.ts"),
  "export function conflict(message: string): Error;\nexport function forbidden(message?: string, details?: unknown): Error;\n",
);
writeFileSync(
  path.join(folder, "activity-log.d.ts"),
  "export function logActivity(db: unknown, entry: { companyId: string }): Promise<void>;\n",
);

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  for (const block of [...programs, ...examples]) writeFileSync(fileOf(block), asModule(block));
  const companyId = await seed.company();
  const environmentId = await seed.environment(companyId);
  env = {
    ...process.env,
    DATABASE_URL: url,
    COMPANY_ID: companyId,
    ENVIRONMENT_ID: environmentId,
    LEASE_ID: await seed.lease(companyId, environmentId),
    RUN_ID: await seed.run(companyId),
  };
});

describe("the manual's code", () => {
  it("is of kinds that are looked at", () => {
    expect(new Set(all.map(({ language }) => language))).toEqual(new Set(["sh", "text", "ts"]));
    expect(programs.length).toBeGreaterThan(8);
    expect(examples.length).toBeGreaterThan(15);
  });

  it("has its types right, and so have the examples in the types", async () => {
    const found = await compile({ allowJs: true, checkJs: true, noEmit: true });
    expect(found).toBe("");
  });

  describe("runs", () => {
    beforeAll(async () => {
      await compile({ noCheck: true });
    });

    const runnable = programs.filter(({ remark }) => !remark?.startsWith("only types are checked"));
    it.each(runnable.map((block) => [block.where, block] as const))("%s", async (_, block) => {
      const file = fileOf(block).replace(/\.mts$/, ".mjs");
      expect(await outcome(process.execPath, [file])).toMatchObject({ code: 0, stderr: "" });
    });
  });
});

/** Named so that an error of the compiler says where the block is. */
function fileOf({ where }: Block): string {
  return path.join(folder, `${where.replaceAll("/", "-").replace(":", "-line-")}.mts`);
}

/** In one line with the block's first, so that lines keep their numbers. */
function asModule({ where, code }: Block): string {
  const taken = [
    "environmentService",
    "environments",
    "leaseMaintenance",
    "maintenance",
    "companyId",
    "environmentId",
    "leaseId",
    "runId",
    "app",
  ];
  const wanted = taken.filter((name) => uses(code, name) && !declares(code, name));
  const file = where.startsWith("2026.916.d.ts:") ? "world-2026.916.mjs" : "world.mjs";
  const world = JSON.stringify(`../../../__test__/readme/${file}`);
  return `${wanted.length > 0 ? `import { ${wanted.join(", ")} } from ${world}; ` : ""}${code}\nexport {};\n`;
}

function uses(code: string, name: string): boolean {
  return new RegExp(`(?<![.\\w])${name}\\b`).test(code);
}

function declares(code: string, name: string): boolean {
  const binding = `\\b${name}\\b`;
  return new RegExp(
    `^ *(?:(?:await using|const|let) (?:${binding}|\\{[^}]*${binding})|(?:im|ex)port [^"]*${binding})`,
    "m",
  ).test(code);
}

/** What tsc says of the folder; nothing, if all is well. */
async function compile(options: Record<string, unknown>): Promise<string> {
  const config = path.join(folder, "tsconfig.json");
  const extended = { extends: "../../../tsconfig.json", include: ["*.mts"], exclude: [] };
  const compilerOptions = {
    noEmit: false,
    allowJs: false,
    checkJs: false,
    ...options,
    paths: { "@opentelemetry/api": ["../../../__test__/readme/opentelemetry.d.ts"] },
  };
  writeFileSync(config, JSON.stringify({ ...extended, compilerOptions }));
  const { stdout } = await outcome(process.execPath, [
    pathOf("node_modules/typescript/bin/tsc"),
    ...["-p", config, "--pretty", "false"],
  ]);
  return stdout;
}

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

function outcome(command: string, args: string[]): Promise<Outcome> {
  const child = spawn(command, args, { env, cwd: folder, timeout: 20_000 });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
