/**
 * The swap as in docs/swap.md, with the page's own commands, in a repository with the layout of Paperclip's: with a link,
 * with a tarball as in an image, and back.
 */

import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { finish, succeed } from "../../../scripts/command.mjs";
import { environmentWithoutRust } from "../support/environment.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const NAME = "paperclip-environment-service";

/** The version that Paperclip names. */
const PNPM = "pnpm@9.15.4";

/** What `server/src/index.ts` prints. */
const OWN = "Paperclip's own\n";
const OURS = "Local\n";

/** @type {import("../case.mjs").Case} */
export async function pnpmWorkspace({ folder, env: given }) {
  const { build, link, check, pack, add, back, service, copied } = await stepsOfManual();
  // What the tests are given has been built so.
  assert.equal(build, `(cd ${NAME} && npm ci && npm run build)`);

  // Without Rust, so that a tarball that lacks the addon is not made up for.
  const { CI: _, ...env } = await withPnpm(folder, environmentWithoutRust(given));
  const inCi = { ...env, CI: "1" };
  /** @param {string} line @param {NodeJS.ProcessEnv} [variables] */
  const play = (line, variables = env) =>
    succeed("bash", ["-euo", "pipefail", "-c", line], { cwd: folder, env: variables });
  /** @param {string} [repository] */
  const installFrozen = (repository = "paperclip") =>
    finish("pnpm", ["install"], { cwd: path.join(folder, repository), env: inCi });
  const replaceService = () =>
    writeFile(path.join(folder, "paperclip/server/src/services/environments.ts"), service);
  const start = () => play("cd paperclip/server && node --import tsx src/index.ts");

  await copyClone(path.join(folder, NAME));
  await copyPaperclip(path.join(folder, "paperclip"));
  await play("cd paperclip && git init --quiet && pnpm install && git add . && git commit --quiet -m Start");
  assert.equal(await start(), OWN);

  const mistaken = link.replace("../../", "../");
  assert.match(await play(mistaken), /WARN.*non-existent directory/);
  await replaceService();
  await assert.rejects(play(check), /Cannot find module 'paperclip-environment-service'/);

  await play(link);
  await play(check);
  assert.equal(await start(), OURS);
  assert.equal((await installFrozen()).status, 0);
  await play("cd paperclip && git stash push --quiet pnpm-lock.yaml");
  assert.match((await installFrozen()).output, /ERR_PNPM_OUTDATED_LOCKFILE/);
  await play("cd paperclip && git stash pop --quiet");
  // There the lockfile has to be restored, too, while elsewhere pnpm would write it anew.
  await play(back, inCi);
  assert.equal(await start(), OWN);

  await play(pack);
  await play(add);
  await replaceService();
  await play("cd paperclip && git add . && git commit --quiet -m Swap");

  // In an image: first what pnpm reads, then all the rest; the clone is not there.
  await mkdir(path.join(folder, "image"));
  const manifests = "*.json pnpm-*.yaml */package.json */*/package.json";
  await play(`cd paperclip && git archive HEAD ${manifests} ${copied} | tar -x -C ../image`);
  const { status, output } = await installFrozen("image");
  assert.equal(status, 0, output);
  await play("cd paperclip && git archive HEAD | tar -x -C ../image");
  await play(`mv ${NAME} elsewhere`);
  assert.equal(await play("cd image/server && pnpm --silent build && node --import tsx dist/index.js"), OURS);

  await play("cd paperclip && git revert --no-edit HEAD");
  assert.equal((await installFrozen()).status, 0);
  assert.equal(await start(), OWN);
  assert.equal(await play("cd paperclip && git status --porcelain"), "");
}

async function stepsOfManual() {
  const page = await readFile(path.join(root, "docs/swap.md"), "utf8");
  const blocks = [...page.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = "", language, code = ""]) => ({
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
  const lines = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ code }) => code.trim().split("\n"));
  assert.equal(lines.length, 6);
  const [build = "", link = "", check = "", pack = "", add = "", back = ""] = lines;
  const { code: service = "" } = blocks.find(({ code }) => code.startsWith("export ")) ?? {};
  const [, copied = ""] = /`COPY (\S+) server\/`/.exec(page) ?? [];
  assert.ok(service && copied, "The page shows the file, and the line of the Dockerfile");
  return { build, link, check, pack, add, back, service, copied };
}

/** The repository after a build. @param {string} to */
async function copyClone(to) {
  const leftOut = ["node_modules", "target", ".git", ".cache", "__test__"];
  await cp(root, to, {
    recursive: true,
    filter: (file) => !leftOut.includes(path.basename(path.relative(root, file))),
  });
}

/** @param {string} to */
async function copyPaperclip(to) {
  const from = fileURLToPath(new URL("../paperclip", import.meta.url));
  await cp(from, to, { recursive: true });
}

/**
 * The environment with pnpm on its path, and with all that pnpm keeps in the folder.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function withPnpm(folder, env) {
  const tools = path.join(folder, "tools");
  await mkdir(tools);
  await writeFile(path.join(tools, "package.json"), '{ "private": true }\n');
  await succeed("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", PNPM], { cwd: tools, env });
  const author = { GIT_AUTHOR_NAME: "Paperclip", GIT_AUTHOR_EMAIL: "paperclip@example.org" };
  return {
    ...env,
    ...author,
    GIT_COMMITTER_NAME: author.GIT_AUTHOR_NAME,
    GIT_COMMITTER_EMAIL: author.GIT_AUTHOR_EMAIL,
    PATH: `${path.join(tools, "node_modules/.bin")}${path.delimiter}${env["PATH"]}`,
    npm_config_store_dir: path.join(folder, "store"),
  };
}
