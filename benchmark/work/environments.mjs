/** One environment at a time. */

import { idInSql, idOf, idsOf } from "../data/ids.mjs";
import { removedStatements } from "../data/seed.mjs";
import { CHANGED, CREATED, LIST_LENGTHS, LOCALS, REMOVED, environmentOf } from "../data/world.mjs";
import { statements, update } from "../providers/by-hand/statements.mjs";
import { ENVIRONMENT_TIMES } from "./work.mjs";

/** @typedef {import("./work.mjs").Work} Work */
/** @typedef {import("./work.mjs").Environment} Environment */

const MANY = Math.max(...LIST_LENGTHS);
const read = idsOf(environmentOf(MANY), MANY);
const locals = idsOf(LOCALS.company, LOCALS.count);
const changed = idsOf(CHANGED.environment, CHANGED.count);
const removed = idsOf(REMOVED.environment, REMOVED.count);
const home = idOf(CREATED.company);

/** What a create and an update carry: as much as an SSH environment needs. */
const config = { host: "build-7.example.com", port: 22, user: "agent", env: { CI: "1", LANG: "C.UTF-8" } };
const metadata = { team: "platform", reuseLease: true };

/** @param {unknown} value in SQL; pgbench would take a colon before a digit for one of its variables */
const jsonInSql = (value) => `'${JSON.stringify(value).replaceAll(":", ": ")}'`;

/** @type {Work[]} */
export const environments = [
  {
    name: "getById",
    call: (service, number) => service.getById(read(number)),
    holds: (/** @type {Environment | null} */ found, number) => found?.id === read(number),
    limit: { text: statements.getById, values: [idInSql(environmentOf(MANY), ":n")], numbers: MANY },
  },
  {
    name: "ensureLocalEnvironment",
    call: (service, number) => service.ensureLocalEnvironment(locals(number)),
    holds: (/** @type {Environment} */ local, number) => local.companyId === locals(number),
    writes: true,
  },
  {
    name: "create",
    call: (service, number) =>
      service.create(home, { name: `New ${number}`, driver: "ssh", config, metadata }),
    holds: (/** @type {Environment} */ made, number) => made.name === `New ${number}`,
    generated: ["id", ...ENVIRONMENT_TIMES],
    restore: () => [`delete from environments where company_id = '${home}'`],
    writes: true,
    limit: {
      text: statements.create,
      values: [
        `'${home}'::uuid`,
        "'New'",
        "null",
        "'ssh'",
        "'active'",
        jsonInSql(config),
        jsonInSql(metadata),
        "now()",
      ],
      numbers: 1,
    },
  },
  {
    name: "update",
    call: (service, number) => service.update(changed(number), { name: `Renamed ${number}`, config }),
    holds: (/** @type {Environment | null} */ now, number) =>
      now?.id === changed(number) && now.name === `Renamed ${number}`,
    generated: ["updatedAt"],
    writes: true,
    limit: {
      text: update(["name", "config"]).text,
      values: [idInSql(CHANGED.environment, ":n"), "now()", "'Renamed'", jsonInSql(config)],
      numbers: CHANGED.count,
    },
  },
  {
    name: "remove",
    call: (service, number) => service.remove(removed(number)),
    holds: (/** @type {Environment | null} */ gone, number) => gone?.id === removed(number),
    stock: REMOVED.count,
    restore: removedStatements,
    writes: true,
  },
];
