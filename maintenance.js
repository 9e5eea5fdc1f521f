"use strict";

// Named: it is by this shape that `import { leaseMaintenance }` finds it.
exports.leaseMaintenance = require("./src-js/maintenance").leaseMaintenance;
