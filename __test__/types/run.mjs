/** `npm run typecheck`: fetches the originals' declarations, to compare the addon's with, and runs tsc. */

import { run } from "../../scripts/setup.mjs";
import { prepareOriginal } from "../support/original.mjs";

await prepareOriginal("2026.427");
await prepareOriginal("2026.916");
run("npx", ["tsc", "--noEmit"]);
