import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, inject } from "vitest";

/** Stands in what nobody may be shown: metadata, configurations, passwords. */
export const SECRET = "s3cret-m4rker";

export const program = fileURLToPath(new URL("../../../src-js/command/index.js", import.meta.url));

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** What the command finds beside its parent's variables; of those that say which database it finds none. */
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Told what has been printed on either stream, each time something is. */
  onOutput?: (child: { kill: (signal: NodeJS.Signals) => void }, printed: string) => void;
}

const FORGOTTEN =
  /^(DATABASE_URL|PG[A-Z]+|PAPERCLIP_(?!ENVIRONMENT_SERVICE_).+|NO_COLOR|FORCE_COLOR|TERM|COLUMNS)$/;

function environment(own: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !FORGOTTEN.test(name));
  return { ...Object.fromEntries(inherited), ...own };
}

/** Runs the command as an operator does. Whatever it prints, no secret may be in it. */
export function command(args: string[], options: CommandOptions = {}): Promise<Ended> {
  return run(process.execPath, [program, ...args], options);
}

/** Whether this machine can give a program a terminal of its own. */
export const hasTerminals =
  process.platform === "linux" && spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

/** The same in a terminal, whose two streams are one. */
export function commandInTerminal(
  args: string[],
  { columns = 80, ...options }: CommandOptions & { columns?: number } = {},
): Promise<Ended> {
  const quoted = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `stty cols ${columns} -onlcr; exec ${quoted.join(" ")}`;
  return run("script", ["-qec", line, "/dev/null"], { ...options, env: { TERM: "xterm", ...options.env } });
}

function run(file: string, args: string[], options: CommandOptions): Promise<Ended> {
  const { env = {}, cwd, input = "", onOutput } = options;
  const child = spawn(file, args, { cwd, env: environment(env), timeout: 20_000, killSignal: "SIGKILL" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(child, stdout + stderr);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onOutput?.(child, stdout + stderr);
  });
  // What is refused at once is not read.
  child.stdin.on("error", () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      expectNoSecret(stdout + stderr);
      resolve({ status, stdout, stderr });
    });
  });
}

function expectNoSecret(printed: string): void {
  expect(printed).not.toContain(SECRET);
  const { password } = new URL(inject("serverUrl"));
  if (password.length > 8) expect(printed).not.toContain(password);
}

/** The one JSON document that a command has printed, without a word beside it. */
export function documentOf({ stdout, stderr }: Ended): any {
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** One line on standard error, and nothing else. */
export function expectComplaint(ended: Ended, status: number, what: RegExp): void {
  expect(ended).toMatchObject({ status, stdout: "" });
  expect(ended.stderr).toMatch(/^paperclip-environment-service: .+\n$/);
  expect(ended.stderr).toMatch(what);
}

/** The same, and where to read how the command is called. */
export function expectUsageError(ended: Ended, what: RegExp): void {
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toMatch(
    /^paperclip-environment-service: .+\nSee: npx paperclip-environment-service .*--help\n$/,
  );
  expect(ended.stderr).toMatch(what);
}
