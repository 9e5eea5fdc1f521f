"use strict";

const { factoryOf } = require("./src-js/service");

// Named one by one: it is by this shape that `import { environmentService }` finds it.
exports.environmentService = factoryOf(require("./src-js/generations/2026.916"));
