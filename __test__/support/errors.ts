import { inspect } from "node:util";

import { expect, inject } from "vitest";

/** What the call rejects with; an assertion failure if it resolves, or if the error tells the password. */
export async function rejection(call: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) expect.fail(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(Error);
  const { password } = new URL(inject("serverUrl"));
  if (password) expect(inspect(outcome.error, { depth: 10, showHidden: true })).not.toContain(password);
  return outcome.error as Error & Record<string, unknown>;
}

/** The call rejects as Postgres does, with this SQLSTATE and, if given, these other fields. */
export async function expectDatabaseError(
  call: Promise<unknown>,
  code: string,
  fields: Record<string, unknown> = {},
): Promise<void> {
  const error = await rejection(call);
  expect(error).toMatchObject({ name: "PostgresError", code, ...fields });
}
