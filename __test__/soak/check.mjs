// Checks that a caller's history is possible for a service without faults, and that the tables agree with the histories.

import { Known } from "./model.mjs";

/** @typedef {import("./caller.mjs").Call} Call */
/** @typedef {import("./caller.mjs").Row} Row */

/** What a call may reject with while servers and connections break. All others are mistakes. */
const EXPECTED_ERRORS = new Set([
  "OUTCOME_UNKNOWN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
  "ACQUIRE_TIMEOUT",
  // The server starts, stops, recovers, was told to cancel the statement.
  "57P03",
  "57P01",
  "57P02",
  "57014",
]);

export class History {
  /** @type {Map<string, Known>} */
  #environments = new Map();
  /** @type {Map<string, Known>} */
  #leases = new Map();

  /** @param {Map<string, string>} locals the local environments that anybody was given, by company */
  constructor(locals) {
    this.locals = locals;
  }

  /** Takes a call into account; why it cannot be, or null. @param {Call} call @returns {string | null} */
  add(call) {
    if (call.error) return this.#rejected(call, call.error);
    switch (call.kind) {
      case "create": {
        const row = /** @type {Row} */ (call.answer);
        return this.#added(this.#environments, row, call.given.text);
      }
      case "acquireLease": {
        const row = /** @type {Row} */ (call.answer);
        return this.#added(this.#leases, row, call.given.text, call.given.environment);
      }
      case "update":
      case "updateLeaseMetadata":
      case "releaseLease":
        return this.#changed(call);
      case "remove":
        return this.#removed(call);
      case "releaseLeasesForRun":
        return this.#released(/** @type {Row[]} */ (call.answer), String(call.given.status));
      case "getById":
        return this.#seen(this.#environments, call);
      case "getLeaseById":
        return this.#seen(this.#leases, call);
      case "list":
        return this.#listed([...this.#environments.values()], /** @type {Row[]} */ (call.answer));
      case "listLeases":
        return this.#listed(this.#leasesOf(call.given.environment), /** @type {Row[]} */ (call.answer));
      case "ensureLocalEnvironment": {
        const { id } = /** @type {Row} */ (call.answer);
        const company = String(call.given.company);
        const first = this.locals.get(company) ?? id;
        this.locals.set(company, first);
        return first === id ? null : `company ${company} has two local environments, ${first} and ${id}`;
      }
      default:
        return `nobody knows the kind ${call.kind}`;
    }
  }

  /** Compares what is known with the whole tables. @param {Row[]} environments @param {Row[]} leases */
  compare(environments, leases) {
    return [
      this.#listed([...this.#environments.values()], environments),
      this.#listed([...this.#leases.values()], leases),
    ].filter((violation) => violation !== null);
  }

  /** @param {Call} call @param {NonNullable<Call["error"]>} error */
  #rejected({ kind, given }, error) {
    if (error.code === "OUTCOME_UNKNOWN") return this.#doubted(kind, given, error.id);
    if (EXPECTED_ERRORS.has(error.code)) return null;
    const environment = this.#environments.get(String(given.environment));
    const mayBeGone = environment !== undefined && environment.presence !== "there";
    if (kind === "acquireLease" && error.code === "23503" && mayBeGone) return null;
    return `${kind} rejects with ${error.code}: ${error.message}`;
  }

  /** @param {string} kind @param {Call["given"]} given @param {string | undefined} id */
  #doubted(kind, given, id) {
    const text = String(given.text);
    switch (kind) {
      case "create":
      case "acquireLease": {
        if (!id) return `${kind} rejects with OUTCOME_UNKNOWN, and does not say which row it is about`;
        const rows = kind === "create" ? this.#environments : this.#leases;
        rows.set(id, new Known(id, text, "doubtful", given.environment));
        return null;
      }
      case "update":
        this.#environments.get(String(given.id))?.text.doubt(text);
        return idIsMissing(kind, id, given.id);
      case "updateLeaseMetadata":
        this.#leases.get(String(given.id))?.text.doubt(text);
        return idIsMissing(kind, id, given.id);
      case "releaseLease":
        this.#leases.get(String(given.id))?.status.doubt(String(given.status));
        return idIsMissing(kind, id, given.id);
      case "remove":
        this.#environments.get(String(given.id))?.doubtRemoval();
        for (const lease of this.#leasesOf(given.id)) lease.doubtRemoval();
        return idIsMissing(kind, id, given.id);
      case "releaseLeasesForRun":
        for (const lease of this.#leases.values()) {
          if (lease.status.mayBe("active")) lease.status.doubt(String(given.status));
        }
        return null;
      case "ensureLocalEnvironment":
        return null; // which environment it is will be seen by the next who asks
      default:
        return `${kind} only reads, and rejects with OUTCOME_UNKNOWN`;
    }
  }

  /**
   * @param {Map<string, Known>} rows
   * @param {Row} row
   * @param {string | undefined} text
   * @param {string} [environment]
   */
  #added(rows, row, text, environment) {
    if (rows.has(row.id)) return `${row.id} was made twice`;
    const known = new Known(row.id, String(text), "there", environment);
    rows.set(row.id, known);
    return (
      known.contradiction(row) ??
      (row.environment === environment ? null : `${row.id} is of another environment`)
    );
  }

  /** @param {Call} call */
  #changed({ kind, given, answer }) {
    const rows = kind === "update" ? this.#environments : this.#leases;
    const known = rows.get(String(given.id));
    const row = /** @type {Row | null} */ (answer);
    if (!known) return `${given.id} is a stranger`;
    if (row === null) return known.absence();
    if (row.id !== known.id) return `asked to change ${known.id}, and was given ${row.id}`;
    if (given.text !== undefined) known.text.set(given.text);
    if (given.status !== undefined) known.status.set(given.status);
    const isAsTold = (given.text ?? row.text) === row.text && (given.status ?? row.status) === row.status;
    return isAsTold ? known.contradiction(row) : `${row.id} is not what it was changed to`;
  }

  /** @param {Call} call */
  #removed({ given, answer }) {
    const known = this.#environments.get(String(given.id));
    const row = /** @type {Row | null} */ (answer);
    if (!known) return `${given.id} is a stranger`;
    const violation = row === null ? known.absence() : known.contradiction(row);
    known.remove();
    for (const lease of this.#leasesOf(given.id)) lease.remove();
    return violation;
  }

  /** @param {Row[]} rows @param {string} status */
  #released(rows, status) {
    const given = new Set(rows.map(({ id }) => id));
    for (const lease of this.#leases.values()) {
      const mustBe = lease.presence === "there" && lease.status.isCertainly("active");
      if (mustBe && !given.has(lease.id)) return `${lease.id} was active, and was not released`;
    }
    for (const row of rows) {
      const lease = this.#leases.get(row.id);
      if (!lease) return `${row.id} was released, and nobody knows it`;
      if (!lease.status.mayBe("active")) return `${row.id} was released, and was ${lease.status}`;
      lease.status.set(status);
      const violation = row.status === status ? lease.contradiction(row) : `${row.id} is not ${status}`;
      if (violation) return violation;
    }
    return null;
  }

  /** @param {Map<string, Known>} rows @param {Call} call */
  #seen(rows, { given, answer }) {
    const row = /** @type {Row | null} */ (answer);
    const known = rows.get(String(given.id));
    if (!known) return `${given.id} is a stranger`;
    if (row === null) return known.absence();
    return row.id === known.id ? known.contradiction(row) : `asked for ${known.id}, and was given ${row.id}`;
  }

  /** @param {Known[]} known @param {Row[]} rows */
  #listed(known, rows) {
    const seen = new Map(rows.map((row) => [row.id, row]));
    if (seen.size !== rows.length) return "a row is listed twice";
    for (const each of known) {
      const row = seen.get(each.id);
      const violation = row ? each.contradiction(row) : each.absence();
      if (violation) return violation;
      seen.delete(each.id);
    }
    for (const id of seen.keys())
      return `${id} is there, and was neither acknowledged nor reported as unknown`;
    return null;
  }

  /** @param {string | undefined} environment */
  #leasesOf(environment) {
    return [...this.#leases.values()].filter((lease) => lease.environment === environment);
  }
}

/** @param {string} kind @param {string | undefined} reported @param {string | undefined} given */
function idIsMissing(kind, reported, given) {
  return reported === given ? null : `${kind} of ${given} rejects with OUTCOME_UNKNOWN about ${reported}`;
}
