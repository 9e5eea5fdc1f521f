/**
 * Runs the examples: `node examples/run-all.mjs [name…]`, once the addon is built. Those with a package.json
 * run as their readers have them: copied to another folder, installed, and started by one command.
 */

import { spawn } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = "paperclip-environment-service";

/** @type {Map<string, () => Promise<void>>} */
const examples = new Map([
  ["agent-runs", () => succeed(process.execPath, ["examples/agent-runs.mjs"], root)],
  [
    "http-server",
    () =>
      inCopy("http-server", async (folder) => {
        await succeed("npm", ["test"], folder);
        await serve(folder);
      }),
  ],
  ["own-service", () => inCopy("own-service", (folder) => succeed("npm", ["test"], folder))],
]);

const names = process.argv.length > 2 ? process.argv.slice(2) : [...examples.keys()];
for (const name of names) {
  const example = examples.get(name);
  if (!example) {
    console.error(`There is no ${name}. There are: ${[...examples.keys()].join(", ")}.`);
    process.exit(2);
  }
  console.log(`\n— ${name}`);
  await example();
}
console.log("\nAll examples have done what they are to do.");

/**
 * @param {string} name
 * @param {(folder: string) => Promise<void>} action
 */
async function inCopy(name, action) {
  const folder = await mkdtemp(path.join(tmpdir(), `example-${name}-`));
  // The embedded PostgreSQL lies in it, and is run by another user where this one is root.
  await chmod(folder, 0o755);
  try {
    const from = path.join(root, "examples", name);
    const isInstalled = (/** @type {string} */ file) =>
      /^(node_modules|package-lock\.json)$/.test(path.basename(file));
    await cp(from, folder, { recursive: true, filter: (file) => file === from || !isInstalled(file) });
    const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    // What is a relative path in the repository.
    manifest.dependencies[PACKAGE] = `file:${root}`;
    await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
    await succeed("npm", ["install", "--no-audit", "--no-fund"], folder);
    await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts the server, asks for the list that it names, and interrupts it. @param {string} folder */
async function serve(folder) {
  // By itself, for npm would keep the interruption to itself.
  const { scripts } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const server = start(process.execPath, scripts.start.split(" ").slice(1), folder, "pipe");
  let output = "";
  for await (const text of /** @type {import("node:stream").Readable} */ (server.process.stdout)) {
    output += text;
    if (/--json.*\n/.test(output)) break;
  }
  console.log(output);
  const url = /curl (\S+)/.exec(output)?.[1];
  if (url === undefined) throw new Error("The server did not start.");
  const made = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Build host", driver: "ssh" }),
  });
  const listed = await (await fetch(url)).text();
  if (listed !== `[${await made.text()}]`) throw new Error(`The list is ${listed}`);
  server.process.kill("SIGINT");
  await server.ended;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
async function succeed(command, args, cwd) {
  const status = await start(command, args, cwd, "inherit").ended;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${status}`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {"inherit" | "pipe"} stdout
 */
function start(command, args, cwd, stdout) {
  // Without what an npm above this process tells its scripts, and without databases that are somebody's.
  const own = /^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|VITEST|DATABASE_URL$|TEST_)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
  // Windows finds npm only through a shell.
  const shell = command === "npm" && process.platform === "win32";
  const child = spawn(command, args, { cwd, env, shell, stdio: ["ignore", stdout, "inherit"] });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  return { process: child, ended };
}
