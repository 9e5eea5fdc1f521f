/** Checks that the addon loads and runs on a machine with only Node: a call gets as far as the network. */

import assert from "node:assert/strict";

import { environmentService } from "../../index.js";

// Nothing listens on port 1.
const environments = environmentService("postgres://nobody@127.0.0.1:1/nothing", { connectTimeout: 1_000 });
await assert.rejects(
  environments.getById("00000000-0000-4000-8000-000000000000"),
  (/** @type {any} */ error) => ["ECONNREFUSED", "CONNECT_TIMEOUT"].includes(error.code),
);
await environments.close();
console.log(`It runs on ${process.platform} ${process.arch}, Node ${process.version}.`);
