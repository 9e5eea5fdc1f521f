"use strict";

/** Maintenance of leases as callers see it. */

const { methodsOf } = require("../methods");
const { factoryOf } = require("../service");
const { compareWithProvider } = require("./compare");
const { diagnose } = require("./diagnose");
const { find, summarize } = require("./find");
const { fits, name } = require("./parts");
const { prune } = require("./prune");
const { reap } = require("./reap");

/** @type {(steps: (...given: any[]) => import("../methods").Task, arity?: number) => import("../methods").Steps} */
const method = (steps, arity = 1) => ({
  arity,
  endsItself: true,
  work: (_place, ...given) => steps(...given),
});

/** @type {(source?: unknown, options?: unknown) => any} */
function leaseMaintenance(source, options) {
  const reaped = { ended: 0, left: 0, failed: 0 };
  const methods = methodsOf(name, new Set(), {
    find: method(find),
    summarize: method(summarize),
    reap: method((given) => reap(reaped, given)),
    compareWithProvider: method(compareWithProvider),
    prune: method(prune),
    diagnose: method(diagnose, 0),
  });
  const maintenance = factoryOf({ name, fits, methods, hasServer: false })(source, options);
  const stats = maintenance.stats;
  return Object.assign(maintenance, { stats: () => ({ ...stats(), reaped: { ...reaped } }) });
}

module.exports = { leaseMaintenance };
