/**
 * Gives back what a lease holds, unless that is called `stuck`.
 *
 * @param {import("../../../maintenance.js").EnvironmentLease} lease
 */
export default async function release({ id, providerLeaseId }) {
  console.log(`released ${id}`);
  if (providerLeaseId === "stuck") throw new Error("the provider\nsays \u001b[31m503");
}
