// A caller, which makes one call after another on rows that nobody else writes, and records each of them.

import { setTimeout as pause } from "node:timers/promises";

/** @typedef {import("../../index.js").EnvironmentService} EnvironmentService */

/**
 * One call, as it is recorded. `given` are ids and texts that the call was made with, `answer` is what matters of what
 * it resolved to, `error` of what it rejected with.
 *
 * @typedef {object} Call
 * @property {string} caller
 * @property {string} kind a method's name
 * @property {Record<string, string>} given
 * @property {number} start milliseconds since the epoch
 * @property {number} end
 * @property {Answer} [answer]
 * @property {{ code: string, message: string, id?: string }} [error] the id is the one in question
 */

/** @typedef {{ id: string, text: string, status: string, environment?: string }} Row `text` is what the caller wrote */
/** @typedef {Row | Row[] | null} Answer */

/**
 * @typedef {object} Home what belongs to the caller
 * @property {string} caller
 * @property {string} company
 * @property {string} run
 * @property {string[]} sharedCompanies these belong to all
 */

/** Leases that a caller has in hand at most. */
const IN_HAND = 12;

/** @param {import("../../index.js").EnvironmentLease} lease @returns {Row} */
const leaseRow = (lease) => ({
  id: lease.id,
  text: String(lease.metadata?.["text"]),
  status: lease.status,
  environment: lease.environmentId,
});

/** @param {import("../../index.js").Environment} environment @returns {Row} */
const environmentRow = ({ id, name, status }) => ({ id, text: name, status });

/**
 * @template T
 * @param {(row: T) => Row} read
 * @returns {(row: T | null) => Row | null}
 */
const orNull = (read) => (row) => row && read(row);

/**
 * @param {EnvironmentService} service
 * @param {Home} home
 * @param {import("./random.mjs").Random} random
 * @param {(call: Call) => void} record
 * @param {() => boolean} goesOn
 */
export async function live(service, home, random, record, goesOn) {
  let [texts, environment] = [0, ""];
  /** @type {string[]} */
  let leases = [];

  /**
   * @param {string} kind
   * @param {Record<string, string>} given
   * @param {() => Promise<Answer>} make
   * @returns {Promise<Call>}
   */
  const call = async (kind, given, make) => {
    /** @type {Call} */
    const made = { caller: home.caller, kind, given, start: Date.now(), end: 0 };
    try {
      made.answer = await make();
    } catch (error) {
      const { code, name, message, leaseId, environmentId } = /** @type {any} */ (error);
      made.error = { code: code ?? name, message, id: leaseId ?? environmentId };
    }
    made.end = Date.now();
    record(made);
    return made;
  };

  const text = () => `${home.caller} ${++texts}`;
  const endings = /** @type {const} */ (["released", "expired", "failed"]);

  const create = async () => {
    const name = text();
    const { answer } = await call("create", { company: home.company, text: name }, () =>
      service.create(home.company, { name, driver: "ssh" }).then(environmentRow),
    );
    if (answer && "id" in answer) [environment, leases] = [answer.id, []];
  };

  /** @type {[weight: number, act: () => Promise<unknown>][]} */
  const acts = [
    [
      22,
      async () => {
        const given = { environment, run: home.run, text: text() };
        const { answer } = await call("acquireLease", given, () =>
          service
            .acquireLease({
              companyId: home.company,
              environmentId: environment,
              heartbeatRunId: home.run,
              metadata: { text: given.text },
            })
            .then(leaseRow),
        );
        if (answer && "id" in answer) leases = [...leases, answer.id].slice(-IN_HAND);
      },
    ],
    [
      12,
      async () => {
        const given = { id: random.pick(leases), status: random.pick(endings) };
        await call("releaseLease", given, () =>
          service.releaseLease(given.id, given.status).then(orNull(leaseRow)),
        );
      },
    ],
    [
      14,
      async () => {
        const given = { id: random.pick(leases), text: text() };
        await call("updateLeaseMetadata", given, () =>
          service.updateLeaseMetadata(given.id, { text: given.text }).then(orNull(leaseRow)),
        );
      },
    ],
    [
      5,
      async () => {
        const given = { run: home.run, status: random.pick(endings) };
        await call("releaseLeasesForRun", given, () =>
          service.releaseLeasesForRun(given.run, given.status).then((rows) => rows.map(leaseRow)),
        );
      },
    ],
    [
      8,
      async () => {
        const given = { id: environment, text: text() };
        await call("update", given, () =>
          service.update(given.id, { name: given.text }).then(orNull(environmentRow)),
        );
      },
    ],
    [
      10,
      () =>
        call("getById", { id: environment }, () => service.getById(environment).then(orNull(environmentRow))),
    ],
    [
      10,
      async () => {
        const id = random.pick(leases);
        await call("getLeaseById", { id }, () => service.getLeaseById(id).then(orNull(leaseRow)));
      },
    ],
    [
      3,
      () =>
        call("list", { company: home.company }, () =>
          service.list(home.company, { driver: "ssh" }).then((rows) => rows.map(environmentRow)),
        ),
    ],
    [
      6,
      () =>
        call("listLeases", { environment }, () =>
          service.listLeases(environment).then((rows) => rows.map(leaseRow)),
        ),
    ],
    [
      6,
      async () => {
        const company = random.pick(home.sharedCompanies);
        await call("ensureLocalEnvironment", { company }, () =>
          service.ensureLocalEnvironment(company).then(environmentRow),
        );
      },
    ],
    [
      2,
      async () => {
        const id = environment;
        // The other half stays, to be compared with the table in the end.
        if (random.chance(0.5))
          await call("remove", { id }, () => service.remove(id).then(orNull(environmentRow)));
        environment = "";
      },
    ],
  ];
  const lot = acts.flatMap(([weight, act]) => Array(weight).fill(act));

  while (goesOn()) {
    if (environment === "") await create();
    else if (leases.length === 0) await acts[0]?.[1]();
    else await random.pick(lot)();
    if (random.chance(0.35)) await pause(random.below(200));
  }
}
