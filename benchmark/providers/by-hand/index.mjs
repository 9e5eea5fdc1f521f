/** The services as one writes them by hand, over whatever runs a statement. */

import { byCompany } from "./by-company.mjs";
import { byInstance } from "./by-instance.mjs";

/** @typedef {import("../provider.mjs").Services} Services */
/** @typedef {import("./query.mjs").Query} Query */

/** @type {{ [G in keyof Services]: (query: Query) => Services[G] }} */
export const byHand = { 2026.427: byCompany, 2026.916: byInstance };
