/** `npm start`: does all set-up, and then plays the example. */

import { finish } from "./command.mjs";
import { run, setUp } from "./setup.mjs";

const args = process.argv.slice(2);

// Runs during the build, since it takes seconds. If it fails, the example tries again and reports the error.
const fetched = finish(process.execPath, ["examples/support/fetch-originals.mjs"]);
await setUp({ quick: true, verbose: args.includes("--verbose") });
await fetched;
run(process.execPath, ["examples/agent-runs.mjs", ...args]);
