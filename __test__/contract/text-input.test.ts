import { describe, expect, it } from "vitest";

import { expectDatabaseError } from "../support/errors.js";
import { startSuite } from "../support/suite.js";

const { service, seed, sql, snapshot } = await startSuite();

const company = await seed.company();
const environmentId = await seed.environment(company);
const existingEnvironment = await seed.environment(company);
const existingLease = await seed.lease(company, environmentId);

/** Every way to write text into the tables. Each returns what the caller reads, and what is stored. */
const ways: [
  string,
  (text: string) => Promise<{ read: string | null | undefined; id: string; column: string }>,
][] = [
  [
    "create, name",
    async (name) => {
      const row = await service.create(company, { name, driver: "ssh" });
      return { read: row.name, id: row.id, column: "environments.name" };
    },
  ],
  [
    "create, description",
    async (description) => {
      const row = await service.create(company, { name: "n", driver: "ssh", description });
      return { read: row.description, id: row.id, column: "environments.description" };
    },
  ],
  [
    "update, name",
    async (name) => {
      const row = await service.update(existingEnvironment, { name });
      return { read: row?.name, id: existingEnvironment, column: "environments.name" };
    },
  ],
  [
    "update, description",
    async (description) => {
      const row = await service.update(existingEnvironment, { description });
      return { read: row?.description, id: existingEnvironment, column: "environments.description" };
    },
  ],
  [
    "acquireLease, provider",
    async (provider) => {
      const row = await service.acquireLease({ companyId: company, environmentId, provider });
      return { read: row.provider, id: row.id, column: "environment_leases.provider" };
    },
  ],
  [
    "acquireLease, providerLeaseId",
    async (providerLeaseId) => {
      const row = await service.acquireLease({ companyId: company, environmentId, providerLeaseId });
      return { read: row.providerLeaseId, id: row.id, column: "environment_leases.provider_lease_id" };
    },
  ],
  [
    "releaseLease, failureReason",
    async (failureReason) => {
      const row = await service.releaseLease(existingLease, "failed", { failureReason });
      return { read: row?.failureReason, id: existingLease, column: "environment_leases.failure_reason" };
    },
  ],
];

async function storedBytes(column: string, id: string): Promise<string> {
  const [table, name] = column.split(".");
  const [row] = await sql.unsafe(
    `select encode(convert_to(${name}, 'UTF8'), 'hex') as hex from ${table} where id = $1`,
    [id],
  );
  return row?.["hex"] as string;
}

const texts: [string, string][] = [
  ["empty text", ""],
  ["spaces at both ends", "  two  "],
  ["line ends and tabs", "a\r\nb\n\tc\v\f"],
  ["control characters", "\u0001\u0007\u001b[31m\u007f\u0080\u009f"],
  ["quotes and backslashes", "'\"`\\ \\n \\x00 ''"],
  ["what SQL might take for its own", "$1 %s ? :name -- /* */ '; drop table environments; --"],
  ["what an array literal might take for its own", '{a,"b",NULL},{}'],
  ["the word null", "NULL"],
  ["what a row might take for its own", '(a,"b",)'],
  ["what JSON might take for its own", '{"a": "\\u0041"}'],
  ["Latin with accents", "Ünïcödé – ŝtato ﬁ"],
  ["combining characters, not normalised", "e\u0301 é a\u0308\u0323"],
  ["Greek and Cyrillic", "Περιβάλλον Окружение"],
  ["Hebrew and Arabic, with direction marks", "\u200fסביבה\u200e بيئة\u202e"],
  ["Devanagari, Tamil, Thai", "पर्यावरण சூழல் สภาพแวดล้อม"],
  ["Chinese, Japanese, Korean", "環境 かんきょう カンキョウ 환경"],
  ["Georgian, Armenian, Amharic, Cherokee", "გარემო միջավայր አካባቢ ᏣᎳᎩ"],
  ["emoji, joined and flagged", "👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇺 👍🏽"],
  ["astral planes", "𝕰𝖓𝖛 𓀀 𠜎 \u{1f9ff} \u{e0001} \u{10fffd}"],
  ["noncharacters", "\ufffe \uffff \ufdd0 \u{1ffff} \u{10ffff}"],
  ["a byte order mark at the start", "\ufeffname"],
  ["the replacement character itself", "\ufffd"],
  ["invisible characters", "\u200b\u200c\u200d\u2060\u00ad"],
  ["line and paragraph separators", "a\u2028b\u2029c"],
  ["some thousand characters", "äöü€😀 ".repeat(1000)],
];

describe.each(ways)("%s: nothing is replaced, and nothing is truncated", (_, write) => {
  it.each(texts)("%s", async (_, text) => {
    const { read, id, column } = await write(text);
    expect(read).toBe(text);
    expect(await storedBytes(column, id)).toBe(Buffer.from(text, "utf8").toString("hex"));
  });
});

// Postgres keeps no more than some kilobytes in an index, and says so.
const indexed = new Set(["create, name", "update, name", "acquireLease, providerLeaseId"]);

describe("1 MB of text", () => {
  const long = "äöü€😀 ".repeat(70_000);

  it.each(ways.filter(([name]) => !indexed.has(name)))("%s: is stored whole", async (_, write) => {
    expect((await write(long)).read).toBe(long);
  });

  it.each(ways.filter(([name]) => indexed.has(name)))(
    "%s: rejects as Postgres rejects it",
    async (_, write) => {
      const before = await snapshot();
      await expectDatabaseError(write(long), "54000", {
        message: expect.stringMatching(/^index row (size|requires) /),
      });
      expect(await snapshot()).toEqual(before);
    },
  );
});

describe.each(ways)("%s: a lone surrogate becomes U+FFFD", (_, write) => {
  it.each([
    ["high", "a\ud800b", "a\ufffdb"],
    ["low", "a\udc00b", "a\ufffdb"],
    ["high at the end", "a\udbff", "a\ufffd"],
    ["two in the wrong order", "\udc00\ud800", "\ufffd\ufffd"],
    ["one before a pair", "\ud83d\ud83d\ude00", "\ufffd😀"],
  ])("%s", async (_, text, written) => {
    expect((await write(text)).read).toBe(written);
  });
});

describe.each(ways)("%s: text with U+0000 rejects as Postgres rejects it", (_, write) => {
  it.each([
    ["in the middle", "a\0b"],
    ["at the end", "a\0"],
    ["alone", "\0"],
  ])("%s, and writes nothing", async (_, text) => {
    const before = await snapshot();
    await expectDatabaseError(write(text), "22021", {
      message: 'invalid byte sequence for encoding "UTF8": 0x00',
    });
    expect(await snapshot()).toEqual(before);
  });
});

describe("U+0000 in a filter", () => {
  it("rejects as Postgres rejects it", async () => {
    await expectDatabaseError(service.list(company, { status: "a\0" }), "22021");
    await expectDatabaseError(service.list(company, { driver: "a\0" }), "22021");
    await expectDatabaseError(service.listLeases(environmentId, { status: "\0" }), "22021");
  });
});
