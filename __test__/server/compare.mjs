// Whether two servers gave the same responses and rows, apart from ids and times.

/** @typedef {{ record: import("./client.mjs").Exchange[], rows: import("./rows.mjs").Rows, home: string }} Told */

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** What a run says of its process, its output and its configuration's hash: no two runs are alike in these. */
const OF_ONE_RUN = new Set([
  "processPid",
  "processGroupId",
  "nextEventSeq",
  "logBytes",
  "logSha256",
  "lastOutputBytes",
  "lastOutputSeq",
  "nextFingerprint",
  "paperclipScratch",
]);
/** As JavaScript writes dates. */
const DATE = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g;
/** As PostgreSQL writes timestamps in JSON. */
const TIMESTAMP = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"/g;

/**
 * @param {Told} original
 * @param {Told} swapped
 * @returns {string[]} one line for each difference
 */
export function compare(original, swapped) {
  const [one, two] = [normalised(original), normalised(swapped)];
  const differences = differ("", one.rows, two.rows);
  for (let n = 0; n < Math.max(one.record.length, two.record.length); n++) {
    const request = one.record[n]?.request ?? two.record[n]?.request;
    differences.push(...differ(`request ${n + 1}, ${request}, `, one.record[n], two.record[n]));
  }
  return differences;
}

/** Ids by the order of their appearance, without times and places. @param {Told} told */
function normalised({ record, rows, home }) {
  /** @type {Map<string, string>} */
  const ids = new Map();
  /** @param {string} id */
  const number = (id) => ids.get(id) ?? (ids.set(id, `#${ids.size + 1}`), `#${ids.size}`);
  /** @param {string} key @param {unknown} value */
  const kept = (key, value) => (OF_ONE_RUN.has(key) ? undefined : value);
  const text = JSON.stringify({ record, rows }, kept)
    .replaceAll(home, "<home>")
    .replace(DATE, '"<date>"')
    .replace(TIMESTAMP, '"<timestamp>"')
    .replace(ID, number);
  return /** @type {Omit<Told, "home">} */ (JSON.parse(text));
}

/**
 * @param {string} place
 * @param {unknown} one
 * @param {unknown} two
 * @returns {string[]}
 */
function differ(place, one, two) {
  if (isObject(one) && isObject(two) && Array.isArray(one) === Array.isArray(two)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(two)]);
    const found = [...keys].flatMap((key) => differ(`${place}.${key}`, one[key], two[key]));
    const [order, otherOrder] = [Object.keys(one).join(), Object.keys(two).join()];
    if (found.length === 0 && order !== otherOrder)
      found.push(`${place}: keys in the order ${order} | ${otherOrder}`);
    return found;
  }
  return one === two ? [] : [`${place}: ${JSON.stringify(one)} | ${JSON.stringify(two)}`];
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === "object" && value !== null;
}
