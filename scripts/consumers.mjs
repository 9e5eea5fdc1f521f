/** `npm run test:consumers [-- name…]`: all set-up, then the package in the hands of its users. */

import { run, setUp } from "./setup.mjs";

setUp();
run(process.execPath, ["__test__/consumers/run.mjs", ...process.argv.slice(2)]);
