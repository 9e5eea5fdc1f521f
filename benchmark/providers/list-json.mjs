/** What a server does that sends a list on as it is, where the service has no method for it. */

/** @typedef {import("./provider.mjs").ServiceByCompany} Service */

/**
 * @param {Omit<Service, "listJson">} service
 * @returns {Service}
 */
export function withListJson(service) {
  return {
    ...service,
    listJson: async (companyId) => Buffer.from(JSON.stringify(await service.list(companyId))),
  };
}
