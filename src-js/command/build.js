"use strict";

const { npx } = require("./command");
const { COMMON } = require("./options");

/** Builds the addon if install scripts are turned off. @type {import("./command").Command} */
const build = {
  name: "build",
  summary: "build the native addon from source, with Rust",
  usage: "[options]",
  verb: "build",
  about: "Builds the native addon from source. That needs Rust, which https://rustup.rs installs.",
  options: COMMON,
  examples: [`${npx} build`],
  statuses: { 0: "it is built", 2: "it could not be built" },
  run: async () => {
    const { buildFromSource, hasRust } = await import("../../install/build.mjs");
    if (!(await hasRust()))
      throw new Error("Rust is needed to build the addon: https://rustup.rs installs it");
    const file = await buildFromSource();
    return { isClean: true, document: { file }, lines: () => [`Built ${file}`] };
  },
};

module.exports = { build };
