/** What differs between the generations of Paperclip, as far as the story is concerned. */

import { loadServer } from "../../__test__/support/original.mjs";
import { TABLES, TABLES_OF_2026_916 } from "../../__test__/support/tables.mjs";
import { environmentService as serviceOf2026_427 } from "paperclip-environment-service";
import { environmentService as serviceOf2026_916 } from "paperclip-environment-service/2026.916";

/** @typedef {import("paperclip-environment-service").EnvironmentService} ServiceOf2026_427 */
/** @typedef {import("paperclip-environment-service/2026.916").EnvironmentService} ServiceOf2026_916 */
/** @typedef {ServiceOf2026_427 | ServiceOf2026_916} Service */

/**
 * @typedef {object} Differences
 * @property {string} tables
 * @property {(db: any) => Promise<Service>} open the package's service, as Paperclip's server makes it
 * @property {(db: any) => Service} openWrongly by the entry for the other generation
 * @property {(service: any, companyId: string, input: object) => Promise<unknown>} create makes an environment, which
 *   belongs to a company, and later to the instance
 */

/** @type {Record<import("./arguments.mjs").Generation, Differences>} */
export const DIFFERENCES = {
  2026.427: {
    tables: TABLES,
    open: async (db) => serviceOf2026_427(db),
    openWrongly: (db) => serviceOf2026_916(db),
    create: (service, companyId, input) => service.create(companyId, input),
  },
  2026.916: {
    tables: TABLES_OF_2026_916,
    open: async (db) => {
      const { conflict, forbidden, logActivity } = await loadServer("2026.916");
      return serviceOf2026_916(db, { server: { conflict, forbidden, logActivity } });
    },
    openWrongly: (db) => serviceOf2026_427(db),
    create: (service, _companyId, input) => service.create(input),
  },
};
