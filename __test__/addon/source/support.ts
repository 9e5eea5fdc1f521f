import { afterEach, beforeEach, expect, vi } from "vitest";
import type { ResolvedSource } from "../../../src-js/source/index.js";
import source from "../../../src-js/source/index.js";

export const { resolveSource } = source;

/** A password that must appear in no message. */
export const SECRET = "s3cr3t/pässwörd";
export const ENCODED = encodeURIComponent(SECRET);

/** Self-made text of the right form: nothing here looks into a certificate. */
export const CA = "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n";
export const CERT = "-----BEGIN CERTIFICATE-----\nY2VydA==\n-----END CERTIFICATE-----\n";
export const KEY = "-----BEGIN PRIVATE KEY-----\na2V5\n-----END PRIVATE KEY-----\n";

export function settingsOf(given?: unknown, options?: unknown): ReturnType<ResolvedSource["settings"]> {
  return resolveSource(given, options).settings();
}

/** Checks that the source is refused with this message, and that nothing secret is told. */
export function expectRefusal(given: unknown, message: RegExp, options?: unknown): void {
  let refusal: unknown;
  try {
    resolveSource(given, options);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(TypeError);
  const error = refusal as TypeError;
  expect(error.message).toMatch(message);
  const everything = [error.message, error.stack, JSON.stringify(error), String(error.cause ?? "")].join(
    "\n",
  );
  for (const part of [SECRET, ENCODED, "pässwörd", "s3cr3t"]) expect(everything).not.toContain(part);
  expect(Object.keys(error)).toEqual([]);
}

/** Keeps the variables of whoever runs the tests away from them, and theirs from each other. */
export function withoutEnvironment(): void {
  beforeEach(() => {
    for (const name of Object.keys(process.env)) {
      if (/^PG|^DATABASE_URL$/.test(name)) vi.stubEnv(name, undefined);
    }
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
}
