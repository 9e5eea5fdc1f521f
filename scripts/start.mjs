/** `npm start`: all set-up, then the story. */

import { finish } from "./command.mjs";
import { run, setUp } from "./setup.mjs";

const args = process.argv.slice(2);

// Beside the build, since it takes seconds. Where it fails, the story tries again and tells why.
const fetched = finish(process.execPath, ["examples/support/fetch-originals.mjs"]);
await setUp({ quick: true, verbose: args.includes("--verbose") });
await fetched;
run(process.execPath, ["examples/agent-runs.mjs", ...args]);
