/** Lists, as objects and as JSON. */

import { idOf, idsOf } from "../data/ids.mjs";
import { FEW_LEASES, HISTORY, LIST_LENGTHS, companyOf } from "../data/world.mjs";
import { inWords } from "./work.mjs";

/** @typedef {import("./work.mjs").Work} Work */

const busyEnvironments = idsOf(HISTORY.environment, HISTORY.environments);
const fewLeases = idOf(FEW_LEASES.environment);
const ACTIVE = HISTORY.active / HISTORY.environments;

/** @param {unknown[]} list @param {number} length */
const hasLength = (list, length) => list.length === length;

/** An array of so many objects takes no less; what it holds is compared before anything is measured. */
const LEAST_BYTES_PER_ROW = 250;

/** @param {Buffer} json @param {number} length */
const isJsonOf = (json, length) =>
  json.length > length * LEAST_BYTES_PER_ROW && json[0] === 0x5b && json.at(-1) === 0x5d;

/** @type {Work[]} */
const ofEnvironments = LIST_LENGTHS.flatMap((length) => {
  const companyId = idOf(companyOf(length));
  return [
    {
      name: `list of ${inWords(length)}`,
      call: (service) => service.list(companyId),
      holds: (list) => hasLength(list, length),
      rows: length,
    },
    {
      name: `listJson of ${inWords(length)}`,
      call: (service) => service.listJson(companyId),
      holds: (json) => isJsonOf(json, length),
      rows: length,
    },
  ];
});

/** @type {Work[]} */
const ofLeases = [
  {
    name: `listLeases of ${FEW_LEASES.count}`,
    call: (service) => service.listLeases(fewLeases),
    holds: (list) => hasLength(list, FEW_LEASES.count),
    rows: FEW_LEASES.count,
  },
  {
    name: `listLeasesJson of ${FEW_LEASES.count}`,
    call: (service) => service.listLeasesJson(fewLeases),
    holds: (json) => isJsonOf(json, FEW_LEASES.count),
    rows: FEW_LEASES.count,
  },
  {
    name: `listLeases, ${ACTIVE} active of ${inWords(HISTORY.count)}`,
    call: (service, number) => service.listLeases(busyEnvironments(number), { status: "active" }),
    holds: (list) => hasLength(list, ACTIVE),
    rows: ACTIVE,
  },
];

export const lists = [...ofEnvironments, ...ofLeases];
