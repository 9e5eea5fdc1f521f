/** What a server of 2026.916 asks for in a run of an agent on its own machine. */

import { idOf, idsOf } from "../data/ids.mjs";
import { ACQUIRED, HISTORY } from "../data/world.mjs";
import { LEASE_TIMES } from "./work.mjs";

/** @typedef {import("../../2026.916.js").EnvironmentLease} EnvironmentLease */

const company = idOf(ACQUIRED.company);
const runs = idsOf(HISTORY.run, HISTORY.runs);

/** @type {import("./work.mjs").WorkByInstance} */
export const agentRun = {
  name: "agent run",
  generation: "2026.916",
  call: async (service, number) => {
    // Once when the run is planned, and once when it begins.
    const planned = await service.ensureLocalEnvironment(company);
    const local = await service.ensureLocalEnvironment(company);
    const lease = await service.acquireLease({
      companyId: company,
      environmentId: local.id,
      heartbeatRunId: runs(number),
      leasePolicy: "ephemeral",
      provider: "local",
      metadata: { driver: "local", executionWorkspaceMode: "shared_workspace", number },
    });
    const noted = await service.updateLeaseMetadata(lease.id, {
      ...lease.metadata,
      workspaceRealization: { transport: "local", cwd: `/srv/work/${number}`, mode: "shared_workspace" },
    });
    const read = await service.getById(local.id);
    const released = await service.releaseLease(lease.id, "released");
    return [planned, local, lease, noted, read, released];
  },
  holds: (/** @type {any[]} */ [, local, lease, noted, read, released], number) =>
    lease.environmentId === local.id &&
    noted.metadata.workspaceRealization.cwd === `/srv/work/${number}` &&
    read.id === local.id &&
    released.id === lease.id &&
    released.status === "released" &&
    released.metadata.number === number,
  generated: ["id", ...LEASE_TIMES],
  restore: () => [`delete from environment_leases where company_id = '${company}'`],
  writes: true,
};
