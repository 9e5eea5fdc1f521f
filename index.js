"use strict";

const { environmentService } = require("./src-js/service");

// Named one by one: it is by this shape that `import { environmentService }` finds it.
exports.environmentService = environmentService;
