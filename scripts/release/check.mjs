/** Checks a release before anything else: `node scripts/release/check.mjs v1.2.3`. */

import { checkVersion } from "./version.mjs";

const [tag] = process.argv.slice(2);
if (!tag) throw new Error("Usage: node scripts/release/check.mjs <tag>");
console.log(await checkVersion(tag));
