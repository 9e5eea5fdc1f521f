/** What services answer: in short, in full, and compared. */

import assert from "node:assert/strict";
import { inspect } from "node:util";

import { short } from "./tables.mjs";

/** @typedef {import("paperclip-environment-service/2026.916").EnvironmentLease} Lease */
/** @typedef {import("paperclip-environment-service").Environment} EnvironmentOfCompany */
/** @typedef {import("paperclip-environment-service/2026.916").Environment} EnvironmentOfInstance */
/** @typedef {Lease | EnvironmentOfCompany | EnvironmentOfInstance | null} Answer */

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** @param {Answer} answer */
export function inShort(answer) {
  if (answer === null) return "nothing";
  if ("name" in answer) {
    return `“${answer.name}” of the ${"companyId" in answer ? "company" : "instance"}, ${answer.status}`;
  }
  const metadata = answer.metadata ? ` ${JSON.stringify(answer.metadata)}` : "";
  return `lease ${short(answer.id)}, ${answer.status}${metadata}`;
}

/**
 * @param {unknown} answer
 * @param {number} [breakLength] the longest line
 */
export function inFull(answer, breakLength = Infinity) {
  return inspect(answer, { depth: Infinity, breakLength });
}

/**
 * Compares all but what chance decides: ids by the order in which they appear, and no times of the clock.
 *
 * @param {unknown[]} original
 * @param {unknown[]} ours
 */
export function assertSame(original, ours) {
  const [expected, found] = [withoutChance(original), withoutChance(ours)];
  for (const [index, answer] of found.entries()) assert.equal(answer, expected[index]);
  assert.equal(found.length, expected.length);
}

/** @param {unknown[]} answers */
function withoutChance(answers) {
  /** @type {Map<string, string>} */
  const names = new Map();
  const named = (/** @type {string} */ id) => {
    const name = names.get(id) ?? `id ${names.size + 1}`;
    names.set(id, name);
    return name;
  };
  return answers.map((answer) => inFull(answer).replace(TIME, "a time").replace(UUID, named));
}

/**
 * What a call rejects with, as text. Newer drizzles put the database's error into one of their own.
 *
 * @param {Promise<unknown>} call
 * @returns {Promise<string>}
 */
export async function errorOf(call) {
  const error = await call.then(
    () => Promise.reject(new Error("A call was not refused, which should have been.")),
    (error) => error.cause ?? error,
  );
  return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
}
