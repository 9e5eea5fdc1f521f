/** Calls that are to be refused. */

/** @typedef {Error & { code?: string, status?: number }} Refusal */

/**
 * @param {string} what
 * @param {() => Promise<unknown>} call
 * @returns {Promise<Refusal>} what the call rejects with
 */
export async function refusal(what, call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error(`It was expected that this is refused: ${what}.`);
}

/** @param {Refusal | undefined} error */
export function inWords(error) {
  const code = error?.code ?? error?.status;
  return `${error?.name}${code ? ` ${code}` : ""}: ${error?.message}`;
}
