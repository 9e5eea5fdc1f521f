/** What a kind of work is. */

/**
 * One kind of work. The same number makes the same call of every provider, and neighbouring numbers never write the
 * same row.
 *
 * @template {keyof import("../providers/provider.mjs").Services} [G=any]
 * @typedef {object} Work
 * @property {string} name
 * @property {G} generation of Paperclip
 * @property {(service: import("../providers/provider.mjs").Services[G], number: number) => Promise<unknown>} call
 * @property {(answer: any, number: number) => boolean} holds a quick look at each answer, while measuring
 * @property {string[]} [generated] the keys of the answer's rows that come from a clock or from chance
 * @property {number} [rows] in an answer, if it is a list
 * @property {number} [stock] how many calls there are before the rows that they use up are gone
 * @property {() => string[]} [restore] SQL that undoes what calls have done
 * @property {boolean} [writes]
 * @property {Limit} [limit]
 */

/** @typedef {Work<"2026.427">} WorkByCompany */
/** @typedef {Work<"2026.916">} WorkByInstance */

/**
 * The same work as one statement, for pgbench.
 *
 * @typedef {object} Limit
 * @property {string} text with $1, $2, …
 * @property {string[]} values SQL expressions in place of these, in which `:n` is a random number
 * @property {number} numbers how many of these there are
 */

export const ENVIRONMENT_TIMES = ["createdAt", "updatedAt"];
export const LEASE_TIMES = ["acquiredAt", "lastUsedAt", "releasedAt", "createdAt", "updatedAt"];

/** @param {number} number */
export const inWords = (number) => number.toLocaleString("en");
