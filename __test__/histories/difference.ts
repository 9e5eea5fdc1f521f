// Whether two values are indistinguishable to every caller, which is stricter than equality.

/** Where and how the second value differs from the first, or null. */
export function difference(ours: unknown, theirs: unknown, at = "result"): string | null {
  if (typeof ours !== "object" || ours === null || typeof theirs !== "object" || theirs === null) {
    return Object.is(ours, theirs) ? null : `${at}: ${show(ours)} and ${show(theirs)}`;
  }
  if (Object.getPrototypeOf(ours) !== Object.getPrototypeOf(theirs)) return `${at}: of different prototypes`;
  if (Object.isExtensible(ours) !== Object.isExtensible(theirs)) return `${at}: extensible or not`;
  if (ours instanceof Date && !Object.is(ours.getTime(), (theirs as Date).getTime())) {
    return `${at}: ${show(ours)} and ${show(theirs)}`;
  }
  const keys = Reflect.ownKeys(ours);
  const theirKeys = Reflect.ownKeys(theirs);
  if (keys.length !== theirKeys.length || keys.some((key, n) => key !== theirKeys[n])) {
    return `${at}: the keys ${show(keys.map(String))} and ${show(theirKeys.map(String))}`;
  }
  for (const key of keys) {
    const found = differenceOfProperty(ours, theirs, key, `${at}.${String(key)}`);
    if (found !== null) return found;
  }
  return null;
}

function differenceOfProperty(ours: object, theirs: object, key: PropertyKey, at: string): string | null {
  const one = Object.getOwnPropertyDescriptor(ours, key);
  const other = Object.getOwnPropertyDescriptor(theirs, key);
  for (const trait of ["enumerable", "writable", "configurable", "get", "set"] as const) {
    if (one?.[trait] !== other?.[trait])
      return `${at}: ${trait} ${show(one?.[trait])} and ${show(other?.[trait])}`;
  }
  return difference(one?.value, other?.value, at);
}

/** The value in a line that fits a message. */
export function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A value that JSON cannot hold is shown below.
  }
  text ??= String(value);
  return text.length > 600 ? `${text.slice(0, 400)}…(${text.length})…${text.slice(-100)}` : text;
}
