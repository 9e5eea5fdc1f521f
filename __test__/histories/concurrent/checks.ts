// The three properties of concurrent callers. Each inserts its rows, lets the crew run, and reports violations.

import type { TestDatabase } from "../../support/database.js";
import type { Crew } from "./crew.js";
import { unexplained, type Initial } from "./explain.js";

type Check = (
  database: TestDatabase,
  crew: Crew,
  size: { callers: number; rounds: number },
) => Promise<string | null>;

const INITIAL = "initial";
const LEASES = 3;
const COMPANIES = 8;

async function rows({ seed }: TestDatabase) {
  const company = await seed.company();
  const environment = await seed.environment(company, { name: INITIAL, description: INITIAL });
  return {
    company,
    environment,
    run: await seed.run(company),
    leases: [] as string[],
    companies: [] as string[],
    environments: [] as string[],
  };
}

/** What each caller saw of some rows is explained by some order. */
export const readsAndWrites: Check = async (database, crew, size) => {
  const plan = await rows(database);
  const initial: Initial = {
    [`${plan.environment} name`]: INITIAL,
    [`${plan.environment} description`]: INITIAL,
  };
  for (let n = 0; n < LEASES; n++) {
    const columns = { metadata: JSON.stringify({ token: INITIAL }), failure_reason: INITIAL };
    const id = await database.seed.lease(plan.company, plan.environment, columns);
    plan.leases.push(id);
    Object.assign(initial, { [`${id} metadata`]: INITIAL, [`${id} failure`]: INITIAL });
  }
  const seen = await crew.run("registers", { ...plan, ...size });
  return unexplained(seen.flat(), initial);
};

/** All callers get the same local environment, and there is one. */
export const oneLocalEnvironment: Check = async (database, crew, size) => {
  const plan = await rows(database);
  plan.companies = await Promise.all(Array.from({ length: COMPANIES }, () => database.seed.company()));
  const seen = (await crew.run("localEnvironments", { ...plan, ...size })).flat();
  for (const company of plan.companies) {
    const given = new Set(seen.filter(([owner]) => owner === company).map(([, id]) => id));
    if (given.size !== 1) return `the callers were given ${given.size} local environments of one company`;
    const [count] = await database.sql.unsafe<{ local: string }[]>(
      "select count(*)::text as local from environments where company_id = $1 and driver = 'local'",
      [company],
    );
    if (count?.local !== "1") return `a company has ${count?.local} local environments`;
  }
  return null;
};

/** Each lease of the run that anybody acquired is released once, by whomever. */
export const releasedOnce: Check = async (database, crew, size) => {
  const plan = await rows(database);
  const initial = Array.from({ length: 50 }, () =>
    database.seed.lease(plan.company, plan.environment, { heartbeat_run_id: plan.run }),
  );
  const acquired = await Promise.all(initial);
  const seen = await crew.run("releases", { ...plan, ...size });
  acquired.push(...seen.flatMap((one) => one.acquired));
  const released = seen.flatMap((one) => one.released);
  const left = await database.sql.unsafe<{ id: string; status: string }[]>(
    "select id::text, status from environment_leases where heartbeat_run_id = $1",
    [plan.run],
  );
  const stored = new Map(left.map(({ id, status }) => [id, status]));
  if (stored.size !== acquired.length) return `${acquired.length} leases were acquired, ${stored.size} exist`;
  const byLease = new Map<string, string>();
  for (const [id, status] of released) {
    if (byLease.has(id)) return `a lease was released twice, as ${byLease.get(id)} and as ${status}`;
    byLease.set(id, status);
    if (stored.get(id) !== status) return `a lease was released as ${status}, and is ${stored.get(id)}`;
  }
  for (const [id, status] of stored) {
    if (status !== "active" && !byLease.has(id)) return `a lease is ${status}, and nobody was given it`;
  }
  return null;
};

const ENVIRONMENTS = 40;

/** An environment is removed once; nobody else fails for it, but those who want a lease of one that is gone. */
export const removedOnce: Check = async (database, crew, size) => {
  const plan = await rows(database);
  plan.environments = await Promise.all(
    Array.from({ length: ENVIRONMENTS }, () => database.seed.environment(plan.company)),
  );
  const seen = await crew.run("removals", { ...plan, ...size });
  const failures = seen.flatMap((one) => one.failures).filter((failure) => !failure.startsWith("23503 "));
  if (failures.length > 0) return `${failures.length} calls failed: ${[...new Set(failures)].join("; ")}`;

  const removed = seen.flatMap((one) => one.removed);
  if (new Set(removed).size !== removed.length) return "an environment was removed twice";
  const left = await database.sql.unsafe<{ id: string }[]>(
    "select id::text from environments where id = any($1::text::uuid[])",
    [`{${plan.environments.join()}}`],
  );
  if (left.length + removed.length !== ENVIRONMENTS) {
    return `of ${ENVIRONMENTS} environments ${removed.length} were removed, and ${left.length} are left`;
  }
  return null;
};
