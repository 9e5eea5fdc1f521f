import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import type { ResolvedSource } from "../../../src-js/source/index.js";
import source from "../../../src-js/source/index.js";

export const { resolveSource } = source;

/** A password that must not appear in any message. */
export const SECRET = "s3cr3t/pässwörd";
export const ENCODED = encodeURIComponent(SECRET);

/** Self-made text of the right form: nothing here looks into a certificate. */
export const CA = "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n";
export const CERT = "-----BEGIN CERTIFICATE-----\nY2VydA==\n-----END CERTIFICATE-----\n";
export const KEY = "-----BEGIN PRIVATE KEY-----\na2V5\n-----END PRIVATE KEY-----\n";

export const URL_TEXT = `postgres://bob:${ENCODED}@db.example:5433/clips`;

/** What URL_TEXT says, with the service's defaults. */
export const SETTINGS = {
  hosts: [{ host: "db.example", port: 5433 }],
  user: "bob",
  password: SECRET,
  database: "clips",
  tls: { mode: "disable" },
  parameters: {},
  applicationName: "paperclip-environment-service",
  prepare: true,
  targetSessionAttrs: null,
  maxConnections: 4,
  connectTimeout: 30_000,
  idleTimeout: 30_000,
  maxLifetime: 1_800_000,
};

let blanks = 0;

/** The same text as one that was not seen before, so that the environment is read: blanks around it say nothing. */
export function unseen(text: string): string {
  blanks += 1;
  return text + "\n".repeat(blanks);
}

/** The path of a file in a folder that is there while the tests run. */
export function withFiles(files: Record<string, string>): (name: string) => string {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "source-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));
  return (name) => join(folder, name);
}

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

// Keeps the variables of whoever runs the tests away from them, and theirs from each other.
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^PG|^DATABASE_URL$/.test(name)) vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
});
