import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Between the last output and the end. */
  lingered: number;
}

export interface ChildOptions {
  /** The values of `process.env` that the program finds beside its parent's. */
  env?: Record<string, string>;
  nodeFlags?: string[];
  module?: boolean;
  /** Default: the package's own folder, in which it is found by its name. */
  cwd?: string;
  /** Called with all that has been printed, each time something is. */
  onOutput?: (stdout: string) => void;
  /** How long it may take, in milliseconds, before it is killed. */
  timeout?: number;
  /** How much address space it may have, in KiB, by the shell's `ulimit`. */
  addressSpace?: number;
}

const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs a program in a Node process of its own. */
export function runChild(program: string, options: ChildOptions = {}): Promise<Ended> {
  const {
    env = {},
    nodeFlags = [],
    module = false,
    cwd = packageFolder,
    onOutput,
    timeout = 15_000,
    addressSpace,
  } = options;
  const type = module ? ["--input-type=module"] : ["--input-type=commonjs"];
  const command = [process.execPath, ...nodeFlags, ...type, "-e", program] as const;
  const limited = ["bash", "-c", `ulimit -v ${addressSpace}; exec "$0" "$@"`, ...command] as const;
  const [file, ...args] = addressSpace === undefined ? command : limited;
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  let lastOutput = performance.now();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    lastOutput = performance.now();
    onOutput?.(stdout);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ code, signal, stdout, stderr, lingered: performance.now() - lastOutput }),
    );
  });
}
