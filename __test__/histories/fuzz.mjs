// `npm run fuzz -- --minutes N [--generation 2026.916]`: random histories with new seeds, for N minutes.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    generation: { type: "string", default: "2026.916" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes is a number above zero, not ${values.minutes}`);
  process.exit(2);
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, "run", "--project", `paperclip-${values.generation}-alone`, "__test__/histories/both"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, HISTORY_MINUTES: String(minutes) },
  },
);
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
