/** `npm start`: all set-up, then the main job. */

import { run, setUp } from "./setup.mjs";

setUp({ quick: true });
run(process.execPath, ["examples/agent-runs.mjs", ...process.argv.slice(2)]);
