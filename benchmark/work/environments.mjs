/** One environment at a time. */

import { idInSql, idOf, idsOf } from "../data/ids.mjs";
import { removedStatements } from "../data/seed.mjs";
import { CHANGED, CREATED, READ, REMOVED } from "../data/world.mjs";
import { getById } from "../providers/by-hand/by-company.mjs";
import { ENVIRONMENT_TIMES } from "./work.mjs";

/** @typedef {import("../../index.js").Environment} Environment */

const read = idsOf(READ.environment, READ.count);
const changed = idsOf(CHANGED.environment, CHANGED.count);
const removed = idsOf(REMOVED.environment, REMOVED.count);
const home = idOf(CREATED.company);

/** What a create and an update carry: as much as an SSH environment needs. */
const config = { host: "build-7.example.com", port: 22, user: "agent", env: { CI: "1", LANG: "C.UTF-8" } };
const metadata = { team: "platform", reuseLease: true };

const generation = "2026.427";

/** @type {import("./work.mjs").WorkByCompany[]} */
export const environments = [
  {
    name: "getById",
    generation,
    call: (service, number) => service.getById(read(number)),
    holds: (/** @type {Environment | null} */ found, number) => found?.id === read(number),
    limit: { text: getById.text, values: [idInSql(READ.environment, ":n")], numbers: READ.count },
  },
  {
    name: "create",
    generation,
    call: (service, number) =>
      service.create(home, { name: `New ${number}`, driver: "ssh", config, metadata }),
    holds: (/** @type {Environment} */ made, number) => made.name === `New ${number}`,
    generated: ["id", ...ENVIRONMENT_TIMES],
    restore: () => [`delete from environments where company_id = '${home}'`],
    writes: true,
  },
  {
    name: "update",
    generation,
    call: (service, number) => service.update(changed(number), { name: `Renamed ${number}`, config }),
    holds: (/** @type {Environment | null} */ now, number) =>
      now?.id === changed(number) && now.name === `Renamed ${number}`,
    generated: ["updatedAt"],
    writes: true,
  },
  {
    name: "remove",
    generation,
    call: (service, number) => service.remove(removed(number)),
    holds: (/** @type {Environment | null} */ gone, number) => gone?.id === removed(number),
    stock: REMOVED.count,
    restore: removedStatements,
    writes: true,
  },
];
