import { inspect } from "node:util";

import { expect, inject } from "vitest";

/** Returns what the call rejects with. Fails if it resolves, or if the error contains the password. */
export async function rejection(call: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) expect.fail(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(Error);
  const error = withoutDrizzle(outcome.error as Error & { query?: unknown });
  const { password } = new URL(inject("serverUrl"));
  if (password) expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
  return error as Error & Record<string, unknown>;
}

/** Later versions of drizzle wrap the database's error in one with the statement and its values. */
export function withoutDrizzle(error: Error & { query?: unknown }): Error {
  return error.query !== undefined && error.cause instanceof Error ? error.cause : error;
}

/** Expects the call to reject with PostgreSQL's error of this SQLSTATE and, if given, these other fields. */
export async function expectDatabaseError(
  call: Promise<unknown>,
  code: string,
  fields: Record<string, unknown> = {},
): Promise<void> {
  const error = await rejection(call);
  expect(error).toMatchObject({ name: "PostgresError", code, ...fields });
}
