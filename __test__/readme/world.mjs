// The names that the manual's examples use but do not declare.

import { environmentService } from "../../index.js";
import { leaseMaintenance } from "../../maintenance.js";

/** @param {string} name */
function given(name) {
  return /** @type {string} */ (process.env[name]);
}

export { environmentService, leaseMaintenance };
export const environments = environmentService();
export const maintenance = leaseMaintenance();
export const companyId = given("COMPANY_ID");
export const environmentId = given("ENVIRONMENT_ID");
export const leaseId = given("LEASE_ID");
export const runId = given("RUN_ID");

/** @typedef {{ [key: string]: undefined | string | Query | (string | Query)[] }} Query as `qs` reads it */
/** @typedef {{ params: { companyId: string }, query: Query }} Request */

/** As much of an Express server as one route needs. The route is asked at once. */
export const app = {
  /**
   * @param {string} _path
   * @param {(request: Request, response: Response) => Promise<void>} route
   */
  get(_path, route) {
    void route({ params: { companyId }, query: {} }, new Response());
  },
};

class Response {
  #type = "";

  /** @param {string} type */
  type(type) {
    this.#type = type;
    return this;
  }

  /** @param {Buffer} body */
  send(body) {
    if (this.#type !== "json" || !Array.isArray(JSON.parse(body.toString()))) throw new Error("not a list");
  }
}
