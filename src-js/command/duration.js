"use strict";

/** Reads and writes durations: a whole number and a unit. */

/** @type {[unit: string, milliseconds: number][]} */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** The duration in milliseconds, or null if the text is not a duration. @param {string} text */
function parseDuration(text) {
  const [, number = "", unit = ""] = /^(\d{1,6})([dhms])$/.exec(text) ?? [];
  const [, milliseconds] = UNITS.find(([name]) => name === unit) ?? [];
  return milliseconds === undefined ? null : Number(number) * milliseconds;
}

/** Writes a duration in its largest unit: `12d`, `3h`. @param {number} milliseconds */
function showDuration(milliseconds) {
  const [unit, length] = UNITS.find(([, length]) => milliseconds >= length) ?? ["s", 1_000];
  return `${Math.floor(milliseconds / length)}${unit}`;
}

/** @param {Date} date */
const ago = (date) => `${showDuration(Math.max(Date.now() - date.getTime(), 0))} ago`;

module.exports = { ago, parseDuration, showDuration };
