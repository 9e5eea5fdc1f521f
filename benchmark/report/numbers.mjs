/** Numbers as one reads them. */

/** @param {number} value with three digits that count */
function short(value) {
  // Just below a power of ten, rounding adds a digit.
  if (value >= 99.95) return Math.round(value).toLocaleString("en");
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number} micros */
export function time(micros) {
  return micros < 1_000 ? `${short(micros)} µs` : `${short(micros / 1_000)} ms`;
}

/** @param {number} bytes */
export function size(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {number} value */
export function rate(value) {
  return `${short(value)}/s`;
}

/** @param {number} value */
export function times(value) {
  return `${ratio(value)}×`;
}

/** @param {number} value */
export function ratio(value) {
  return value >= 9.95 ? Math.round(value).toString() : value.toFixed(1);
}

/** @param {boolean} reached */
export const mark = (reached) => (reached ? "✓" : "✗");
