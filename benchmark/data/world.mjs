/** What the tables hold: the kinds of rows, by which their ids are known, and how many there are. */

/** Companies with so many environments each, to be listed. */
export const LIST_LENGTHS = [100, 1_000];

/** @param {number} length */
export const companyOf = (length) => `company of ${length}`;
/** @param {number} length */
export const environmentOf = (length) => `environment of ${length}`;

/** Environments to be read. */
export const READ = { company: "read company", environment: "read environment", count: 10_000 };

/** Environments to be changed. */
export const CHANGED = { company: "changed company", environment: "changed environment", count: 10_000 };

/** A company for new environments. */
export const CREATED = { company: "company of new ones" };

/** Environments to be removed, each with leases that go with it. */
export const REMOVED = {
  company: "company of removed ones",
  environment: "removed environment",
  lease: "lease of a removed environment",
  count: 1_000,
  leases: 10,
};

/** The company that all other leases belong to, except the new ones. */
export const HOLDER = "company with leases";

/** What a company has been doing for a long time. */
export const HISTORY = {
  environment: "busy environment",
  environments: 30,
  lease: "old lease",
  count: 100_000,
  run: "old run",
  runs: 10_000,
};

/** Leases to be released, again and again. */
export const RELEASED = {
  environment: "environment of released ones",
  lease: "released lease",
  count: 10_000,
};

/** Leases whose metadata is replaced, again and again. */
export const NOTED = { environment: "environment of noted ones", lease: "noted lease", count: 10_000 };

/** Where new leases go. */
export const ACQUIRED = { company: "company of new leases", environment: "environment of new leases" };

/** A sandbox environment that has been in use for months: a server asks for all of its leases. */
export const SANDBOX = { environment: "sandbox environment", lease: "lease of a sandbox", count: 30_000 };

/** What agent runs hold; of these there is one in an instance. */
export const LOCAL = { environment: "local environment" };
