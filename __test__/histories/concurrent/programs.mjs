// The programs that the callers of one process run concurrently, and their records. A plain module, because it runs in the
// test's own process and in others.

/** @typedef {import("../../support/provider.js").EnvironmentService} EnvironmentService */

/**
 * A call that wrote or read registers: fields of rows, each a name with the text that was written or read.
 *
 * @typedef {object} Operation
 * @property {number} start nanoseconds, of a clock that all processes of a machine share
 * @property {number} end
 * @property {Record<string, string>} writes
 * @property {Record<string, string>} reads
 */

/**
 * @typedef {object} Plan
 * @property {string} process a name for tokens
 * @property {number} callers
 * @property {number} rounds
 * @property {string} company
 * @property {string} environment
 * @property {string} run
 * @property {string[]} leases
 * @property {string[]} companies
 * @property {string[]} environments
 */

const clock = () => Number(process.hrtime.bigint());

/** Numbers that look random, the same for the same seed. @param {number} seed */
function numbers(seed) {
  let state = seed * 2654435761 + 1;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/**
 * @template T
 * @param {T[]} items
 * @param {number} index
 * @returns {T}
 */
function pick(items, index) {
  return /** @type {T} */ (items[index % items.length]);
}

/** @param {import("../../support/provider.js").EnvironmentLease} lease @returns {Record<string, string>} */
const registersOfLease = (lease) => ({
  [`${lease.id} metadata`]: String(lease.metadata?.["token"]),
  [`${lease.id} failure`]: String(lease.failureReason),
});

/** @param {import("../../support/provider.js").Environment} environment @returns {Record<string, string>} */
const registersOfEnvironment = (environment) => ({
  [`${environment.id} name`]: environment.name,
  [`${environment.id} description`]: String(environment.description),
});

/**
 * @template T
 * @param {T | null} row
 * @returns {T}
 */
function present(row) {
  if (row === null) throw new Error("a row that nobody removes is gone");
  return row;
}

/**
 * A call, picked at random: its registers' new texts, and the registers that its answer shows.
 *
 * @param {EnvironmentService} service
 * @param {Plan} plan
 * @param {(below: number) => number} random
 * @param {string} token
 * @returns {{ writes: Record<string, string>, call: () => Promise<Record<string, string>> }}
 */
function anyCall(service, { company, environment, leases }, random, token) {
  const lease = pick(leases, random(leases.length));
  const reads = (/** @type {() => Promise<Record<string, string>>} */ call) => ({ writes: {}, call });
  switch (random(9)) {
    case 0:
    case 1:
      return {
        writes: { [`${lease} metadata`]: token },
        call: async () => registersOfLease(present(await service.updateLeaseMetadata(lease, { token }))),
      };
    case 2:
      return {
        writes: { [`${lease} failure`]: token },
        call: async () =>
          registersOfLease(present(await service.releaseLease(lease, "failed", { failureReason: token }))),
      };
    case 3:
      return {
        writes: { [`${environment} name`]: token },
        call: async () => registersOfEnvironment(present(await service.update(environment, { name: token }))),
      };
    case 4:
      return {
        writes: { [`${environment} description`]: token },
        call: async () =>
          registersOfEnvironment(present(await service.update(environment, { description: token }))),
      };
    case 5:
      return reads(async () => registersOfEnvironment(present(await service.getById(environment))));
    case 6:
      return reads(async () =>
        Object.assign({}, ...(await service.list(company)).map(registersOfEnvironment)),
      );
    case 7:
      return reads(async () =>
        Object.assign({}, ...(await service.listLeases(environment)).map(registersOfLease)),
      );
    default:
      return reads(async () => registersOfLease(present(await service.getLeaseById(lease))));
  }
}

/** @param {Plan} plan @param {(caller: number) => Promise<unknown>} caller */
const allCallers = (plan, caller) => Promise.all(Array.from({ length: plan.callers }, (_, n) => caller(n)));

/**
 * Reads and writes of the same few rows. A caller makes its calls one after another; every third caller makes
 * some at once.
 *
 * @param {EnvironmentService} service
 * @param {Plan} plan
 */
async function registers(service, plan) {
  /** @type {Operation[]} */
  const operations = [];
  await allCallers(plan, async (caller) => {
    const random = numbers(caller * 1000 + plan.process.length);
    for (let round = 0; round < plan.rounds; round++) {
      const atOnce = caller % 3 === 0 ? 1 + random(4) : 1;
      await Promise.all(
        Array.from({ length: atOnce }, async (_, n) => {
          const { writes, call } = anyCall(service, plan, random, `${plan.process} ${caller} ${round} ${n}`);
          const start = clock();
          const reads = await call();
          operations.push({ start, end: clock(), writes, reads });
        }),
      );
    }
  });
  return operations;
}

/**
 * Every caller wants the local environment of every company.
 *
 * @param {EnvironmentService} service
 * @param {Plan} plan
 */
async function localEnvironments(service, plan) {
  /** @type {[company: string, environment: string][]} */
  const seen = [];
  for (const company of plan.companies) {
    await allCallers(plan, async () => {
      const { id, companyId } = await service.ensureLocalEnvironment(company);
      seen.push([companyId, id]);
    });
  }
  return seen;
}

/**
 * Some callers acquire leases of one run, the others release the run's leases.
 *
 * @param {EnvironmentService} service
 * @param {Plan} plan
 */
async function releases(service, plan) {
  /** @type {{ acquired: string[], released: [lease: string, status: string][] }} */
  const seen = { acquired: [], released: [] };
  const statuses = /** @type {const} */ (["released", "expired", "failed"]);
  await allCallers(plan, async (caller) => {
    for (let round = 0; round < plan.rounds; round++) {
      if (caller % 2 === 0) {
        const { company, environment, run } = plan;
        const input = { companyId: company, environmentId: environment, heartbeatRunId: run };
        seen.acquired.push((await service.acquireLease(input)).id);
      } else {
        const status = pick([...statuses], caller);
        for (const lease of await service.releaseLeasesForRun(plan.run, status)) {
          if (lease.status !== status) throw new Error(`released as ${status}, but is ${lease.status}`);
          seen.released.push([lease.id, lease.status]);
        }
      }
    }
  });
  return seen;
}

/**
 * Environments are removed while others change them, acquire leases of them and release those.
 *
 * @param {EnvironmentService} service
 * @param {Plan} plan
 */
async function removals(service, plan) {
  /** @type {{ removed: string[], acquired: string[], failures: string[] }} */
  const seen = { removed: [], acquired: [], failures: [] };
  await allCallers(plan, async (caller) => {
    const random = numbers(caller * 1000 + plan.process.length);
    const anyEnvironment = () => pick(plan.environments, random(plan.environments.length));
    /** @type {() => Promise<unknown>} */
    const anyCallThere = () => {
      switch (random(10)) {
        case 0:
          return service.remove(anyEnvironment()).then((row) => row && seen.removed.push(row.id));
        case 1:
          return service.releaseLeasesForRun(plan.run);
        case 2:
        case 3:
          return service.update(anyEnvironment(), { name: `${caller}` });
        case 4:
        case 5:
          return seen.acquired.length === 0
            ? service.list(plan.company)
            : service.updateLeaseMetadata(pick(seen.acquired, random(seen.acquired.length)), { caller });
        case 6:
          return seen.acquired.length === 0
            ? service.list(plan.company)
            : service.releaseLease(pick(seen.acquired, random(seen.acquired.length)), "failed");
        default: {
          const input = {
            companyId: plan.company,
            environmentId: anyEnvironment(),
            heartbeatRunId: plan.run,
          };
          return service.acquireLease(input).then(({ id }) => seen.acquired.push(id));
        }
      }
    };
    for (let round = 0; round < plan.rounds; round++) {
      const calls = Array.from({ length: 3 }, anyCallThere);
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === "rejected")
          seen.failures.push(`${outcome.reason.code} ${outcome.reason.message}`);
      }
    }
  });
  return seen;
}

export const programs = { registers, localEnvironments, releases, removals };
