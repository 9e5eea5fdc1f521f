import fc from "fast-check";
import { expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { environmentService } from "./support/addon.js";
import { runChild } from "./support/child.js";

// Since version 12.8, V8's JSON.parse can mistake a key that is written with an escape for an earlier one
// (https://github.com/nodejs/node/issues/63785). These tests fail if such a document is passed to JSON.parse as it is.

type Document = Record<string, unknown>;

const { url, seed } = await startSuite();
const service = environmentService(url);

const key = fc.oneof(
  fc.constantFrom(
    "a",
    "",
    "\\",
    '"',
    "\n",
    "x\\",
    'x"',
    "a\\n",
    "a\nb",
    "é\\",
    "é\t",
    "__proto__",
    "10",
    "\u0001",
  ),
  fc.string({ minLength: 1, maxLength: 3 }).filter((text) => !text.includes("\0")),
);
const { document } = fc.letrec((tie) => ({
  document: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(1, null, "\\", '"\n'),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("document"),
  ),
})) as { document: fc.Arbitrary<Document> };

/** A document without what does not count: jsonb has an order of its own for keys. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { prototype: Object.getPrototypeOf(value) === Object.prototype, entries: entries.map(bare) };
}

/** Has the documents stored, and says what is read, one by one and together. */
async function readings(documents: Document[]): Promise<unknown[][]> {
  const companyId = await seed.company();
  const create = (config: Document, index: number) =>
    service.create(companyId, { name: `${index}`, driver: "sandbox", config, metadata: config });
  const created = await Promise.all(documents.map(create));
  const found = await Promise.all(created.map(({ id }) => service.getById(id)));
  const listed = new Map((await service.list(companyId)).map((each) => [each.name, each]));
  const inOrder = documents.map((_, index) => listed.get(`${index}`));
  return [created, found, inOrder].flatMap((rows) => [
    rows.map((row) => row?.config),
    rows.map((row) => row?.metadata),
  ]);
}

async function expectAsWritten(documents: Document[]): Promise<void> {
  const written = documents.map((each) => bare(each));
  for (const read of await readings(documents)) expect(read.map(bare)).toEqual(written);
}

it.each<[Document, Document]>([
  [
    { a: 1, "\\": 2 },
    { a: 1, "\n": 2 },
  ],
  [
    { b: 1, "x\\": 2 },
    { b: 1, 'x"': 2 },
  ],
  [{ c: { d: [{ e: 1, "é\\": [] }] } }, { c: { d: [{ e: 1, "é\t": ["\n", [[]], {}] }] } }],
])("%j and %j are both read as written", async (first, second) => {
  await expectAsWritten([first, second, first]);
});

it("random keys are read as written", async () => {
  await fc.assert(fc.asyncProperty(fc.array(document, { minLength: 1, maxLength: 8 }), expectAsWritten), {
    numRuns: 100,
  });
});

it("a document may be nested deeper than the stack is high", async () => {
  const depth = 20_000;
  const text = `{"\\\\": ${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const companyId = await seed.company();
  await seed.environment(companyId, { config: JSON.stringify(text) });
  const [environment] = await service.list(companyId);
  let inner = environment?.config["\\"];
  for (let level = 1; level < depth; level++) [inner] = inner as unknown[];
  expect(inner).toEqual([]);
});

it("whatever has been done to Object.prototype", async () => {
  const companyId = await seed.company();
  const ended = await runChild(
    `const { environmentService } = require("paperclip-environment-service");
     Object.defineProperty(Object.prototype, "set", { set() {}, configurable: true });
     Object.freeze(Object.prototype);
     const config = { constructor: 1, set: 2, toString: { constructor: 3 }, "\\n": 4 };
     const service = environmentService(process.env.DATABASE_URL);
     service.create(process.env.COMPANY_ID, { name: "n", driver: "ssh", config }).then((created) => {
       process.stdout.write(JSON.stringify(created.config));
     });`,
    { env: { DATABASE_URL: url, COMPANY_ID: companyId } },
  );
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(bare(JSON.parse(ended.stdout))).toEqual(
    bare({ constructor: 1, set: 2, toString: { constructor: 3 }, "\n": 4 }),
  );
});
