/** What the tables hold: the kinds of rows, by which their ids are known, and how many there are. */

/** Companies with so many environments each, to be listed. */
export const LIST_LENGTHS = [100, 1_000, 10_000];

/** @param {number} length */
export const companyOf = (length) => `company of ${length}`;
/** @param {number} length */
export const environmentOf = (length) => `environment of ${length}`;

/** Companies that have a local environment. */
export const LOCALS = { company: "company with a local one", environment: "local environment", count: 1_000 };

/** Environments to be changed. */
export const CHANGED = { company: "changed company", environment: "changed environment", count: 10_000 };

/** A company for new environments. */
export const CREATED = { company: "company of new ones" };

/** Environments to be removed, each with a lease that goes with it. */
export const REMOVED = {
  company: "company of removed ones",
  environment: "removed environment",
  lease: "lease of a removed environment",
  count: 4_000,
};

/** The company that all other leases belong to, except the new ones. */
export const HOLDER = "company with leases";

/** What a company has been doing for a long time: many leases, of which few are active. */
export const HISTORY = {
  environment: "busy environment",
  environments: 30,
  lease: "old lease",
  count: 200_000,
  active: 600,
  run: "old run",
  runs: 10_000,
};

/** An environment with few leases, to be listed. */
export const FEW_LEASES = {
  environment: "environment with few leases",
  lease: "one of few leases",
  count: 100,
};

/** Leases to be released, again and again. */
export const RELEASED = {
  environment: "environment of released ones",
  lease: "released lease",
  count: 10_000,
};

/** Leases whose metadata is replaced, again and again. */
export const NOTED = { environment: "environment of noted ones", lease: "noted lease", count: 10_000 };

/** Runs that hold two active leases each, to be released. */
export const HOLDING_RUNS = {
  environment: "environment of runs",
  run: "holding run",
  lease: "lease of a run",
  count: 4_000,
  leases: 2,
};

/** Where new leases go. */
export const ACQUIRED = { company: "company of new leases", environment: "environment of new leases" };
