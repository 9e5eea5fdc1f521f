// A process with a service of its own, which runs programs on demand. Its argument is the database's URL.

import { createRequire } from "node:module";

import { programs } from "./programs.mjs";

/**
 * @typedef {object} Order
 * @property {number} number
 * @property {keyof typeof programs} program
 * @property {import("./programs.mjs").Plan} plan
 */

/** @typedef {{ number: number, seen?: unknown, failure?: string }} Answer the number 0 says that it has started */

const { environmentService } = /** @type {typeof import("../../../index.js")} */ (
  createRequire(import.meta.url)("../../../index.js")
);

const service = environmentService(process.argv[2]);

/** @param {Answer} answer */
const tell = (answer) => process.send?.(answer);

process.on("message", (/** @type {Order} */ { number, program, plan }) => {
  programs[program](service, plan).then(
    (seen) => tell({ number, seen }),
    (error) => tell({ number, failure: String(error?.stack ?? error) }),
  );
});

tell({ number: 0 });
