/** `npm run typecheck`: fetches the original's declarations, with which ours are compared, and runs tsc. */

import { run } from "../../scripts/setup.mjs";
import { prepareOriginal } from "../support/original.mjs";

await prepareOriginal();
run("npx", ["tsc", "--noEmit"]);
