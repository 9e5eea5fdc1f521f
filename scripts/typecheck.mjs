/** `npm run typecheck`: fetches the original's declarations, with which ours are compared, and runs tsc. */

import { prepareOriginal } from "../__test__/support/original.mjs";
import { run } from "./setup.mjs";

await prepareOriginal();
run("npx", ["tsc", "--noEmit"]);
