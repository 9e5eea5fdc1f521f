/**
 * `node scripts/ready.mjs PROGRAM [ARGUMENT…]`: all set-up, then the program, in a process of its own, since
 * what it imports may only just have been installed.
 */

import { run, setUp } from "./setup.mjs";

await setUp();
run(process.execPath, process.argv.slice(2));
