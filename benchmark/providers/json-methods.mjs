/** What a server does that sends lists on as they are, where the service has no method for it. */

/** @typedef {import("./provider.mjs").Service} Service */

/**
 * @param {Omit<Service, "listJson" | "listLeasesJson">} service
 * @returns {Service}
 */
export function withJsonMethods(service) {
  return {
    ...service,
    listJson: async (companyId, filters) =>
      Buffer.from(JSON.stringify(await service.list(companyId, filters))),
    listLeasesJson: async (environmentId, filters) =>
      Buffer.from(JSON.stringify(await service.listLeases(environmentId, filters))),
  };
}
