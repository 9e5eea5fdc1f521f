"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const { packageFolder } = require("./places");

/** Whether this is the repository rather than an installed package: npm never packs a lock file. */
function isCheckout() {
  return existsSync(path.join(packageFolder, "package-lock.json"));
}

module.exports = { isCheckout };
