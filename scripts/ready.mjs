/**
 * `node scripts/ready.mjs PROGRAM [ARGUMENT…]`: does all set-up, and then runs the program in a process of its own, since
 * the packages that it imports may only just have been installed.
 */

import { run, setUp } from "./setup.mjs";

await setUp();
run(process.execPath, process.argv.slice(2));
