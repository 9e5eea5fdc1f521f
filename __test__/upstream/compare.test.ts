// Each kind of difference between a release and the known facts is reported, and equal facts give no difference.

import { describe, expect, it } from "vitest";

import { byAge } from "./compare.mjs";
import type { Facts } from "./facts.mjs";
import { readKnown, recorded, type Generation } from "./known.mjs";
import { chosen } from "./releases.mjs";
import { report } from "./report.mjs";
import { readService, serviceFiles } from "./service.mjs";

const known = await readKnown();

const FACTS: Facts = {
  files: { "dist/services/environments.js": "a".repeat(64), "dist/errors.js": "b".repeat(64) },
  methods: ["list", "getById"],
  imports: { "../errors.js": ["conflict"] },
  words: { ENVIRONMENT_STATUSES: ["active", "archived"] },
  tables: {
    environments: {
      columns: { id: "uuid not null", name: "text not null" },
      constraints: { environments_pkey: "PRIMARY KEY (id)" },
      indexes: { environments_name_idx: "CREATE INDEX environments_name_idx ON environments (name)" },
      references: {},
      triggers: {},
    },
    agents: { columns: { default_environment_id: "uuid" } },
  },
};
const FIRST: Generation = { name: "2026.1", releases: ["2026.1.0", "2026.2.0"], served: "2026.1", ...FACTS };
const SECOND: Generation = {
  ...FIRST,
  name: "2026.3",
  releases: ["2026.3.0"],
  served: null,
  methods: ["list", "getById", "create", "remove", "update"],
};

/** What is told of a release whose facts are those of the first generation, but for a change. */
function toldOf(change: (facts: Facts) => void, version = "2026.4.0") {
  const facts = structuredClone(FACTS);
  change(facts);
  return report(version, facts, [FIRST, SECOND]);
}

/** A change of the first table. */
function inTable(change: (table: NonNullable<Facts["tables"]>[string]) => void) {
  return (facts: Facts) => {
    if (facts.tables?.["environments"]) change(facts.tables["environments"]);
  };
}

describe("a release is told to be the same as a known generation", () => {
  it("where all is the same", () => {
    expect(toldOf(() => {}, "2026.2.0")).toEqual({
      isKnown: true,
      lines: ["2026.2.0     same as 2026.1, served as 2026.1"],
    });
  });

  it("and not to be recorded yet", () => {
    expect(toldOf(() => {})).toEqual({
      isKnown: true,
      lines: ["2026.4.0     same as 2026.1, served as 2026.1, not recorded yet"],
    });
  });

  it("and not to be served", () => {
    expect(report("2026.3.0", SECOND, [FIRST, SECOND]).lines).toEqual([
      "2026.3.0     same as 2026.3, not served",
    ]);
  });

  it("as far as it has been published", () => {
    const unpublished = (facts: Facts) => Object.assign(facts, { tables: null, words: null });
    expect(toldOf(unpublished, "2026.2.0")).toEqual({
      isKnown: true,
      lines: ["2026.2.0     same as 2026.1, served as 2026.1, tables and words not published"],
    });
  });

  it("as far as it has been recorded", () => {
    expect(report("2026.2.0", FACTS, [{ ...FIRST, tables: null }]).lines).toEqual([
      "2026.2.0     same as 2026.1, served as 2026.1, whose tables are not recorded",
    ]);
  });

  it("whatever the order of what it has", () => {
    const turned = (facts: Facts) => {
      facts.methods.reverse();
      facts.words?.["ENVIRONMENT_STATUSES"]?.reverse();
    };
    expect(toldOf(turned).isKnown).toBe(true);
  });
});

describe("a difference is told:", () => {
  it.each<[what: string, change: (facts: Facts) => void, lines: string[]]>([
    [
      "another service file",
      ({ files }) => (files["dist/services/environments.js"] = "c".repeat(64)),
      ["changed: file dist/services/environments.js", "    was aaaaaaaaaaaa", "    is  cccccccccccc"],
    ],
    [
      "a file that is gone",
      ({ files }) => delete files["dist/errors.js"],
      ["gone: file dist/errors.js: bbbbbbbbbbbb"],
    ],
    ["a method", ({ methods }) => methods.push("lock"), ["new: method lock"]],
    ["an import", ({ imports }) => (imports["./lock.js"] = ["lock"]), ["new: import lock from ./lock.js"]],
    [
      "a word",
      ({ words }) => words?.["ENVIRONMENT_STATUSES"]?.push("parked"),
      ["new: word parked of ENVIRONMENT_STATUSES"],
    ],
    [
      "a word that is gone",
      ({ words }) => words?.["ENVIRONMENT_STATUSES"]?.pop(),
      ["gone: word archived of ENVIRONMENT_STATUSES"],
    ],
    [
      "a column",
      inTable(({ columns }) => (columns["env_vars"] = "jsonb not null")),
      ["new: environments: column env_vars: jsonb not null"],
    ],
    [
      "a column of another type",
      inTable(({ columns }) => (columns["name"] = "text")),
      ["changed: environments: column name", "    was text not null", "    is  text"],
    ],
    [
      "a constraint that is gone",
      inTable((table) => (table.constraints = {})),
      ["gone: environments: constraint environments_pkey: PRIMARY KEY (id)"],
    ],
    [
      "another index",
      inTable((table) => (table.indexes = { environments_name_idx: "CREATE UNIQUE INDEX …" })),
      [
        "changed: environments: index environments_name_idx",
        "    was CREATE INDEX environments_name_idx ON environments (name)",
        "    is  CREATE UNIQUE INDEX …",
      ],
    ],
    [
      "another table's foreign key",
      inTable((table) => (table.references = { "agents.fk": "FOREIGN KEY …" })),
      ["new: environments: foreign key agents.fk: FOREIGN KEY …"],
    ],
    [
      "a trigger",
      inTable((table) => (table.triggers = { touch: "CREATE TRIGGER …" })),
      ["new: environments: trigger touch: CREATE TRIGGER …"],
    ],
    ["a table that is gone", ({ tables }) => delete tables?.["agents"], ["gone: table agents"]],
    [
      "what cannot be read",
      (facts) => Object.assign(facts, { tables: null, unreadable: ["the tables: 0001_one: no such type"] }),
      ["unreadable: the tables: 0001_one: no such type"],
    ],
  ])("%s", (_, change, lines) => {
    expect(toldOf(change)).toEqual({
      isKnown: false,
      lines: [
        "2026.4.0     UNKNOWN, nearest to 2026.1",
        ...lines.map((line) => `    ${line}`),
        "    to read: .cache/upstream/2026.2.0/ and .cache/upstream/2026.4.0/",
      ],
    });
  });

  it("several at once, from the generation that differs least", () => {
    const { lines } = toldOf(({ methods, files }) => {
      methods.push("create", "remove");
      files["dist/errors.js"] = "d".repeat(64);
    });
    expect(lines[0]).toBe("2026.4.0     UNKNOWN, nearest to 2026.3");
    expect(lines).toContain("    gone: method update");
    expect(lines).toContain("    changed: file dist/errors.js");
  });
});

describe("a release is recorded", () => {
  it("with the generation that is the same", () => {
    expect(recorded("2026.4.0", FACTS, [FIRST, SECOND])).toEqual({
      ...FIRST,
      releases: ["2026.1.0", "2026.2.0", "2026.4.0"],
    });
  });

  it("in a generation of its own, which nothing serves yet", () => {
    const facts = { ...FACTS, methods: ["list"] };
    expect(recorded("2026.4.0", facts, [FIRST, SECOND])).toEqual({
      ...facts,
      name: "2026.4",
      releases: ["2026.4.0"],
      served: null,
    });
    expect(recorded("2026.3.1", facts, [FIRST, SECOND]).name).toBe("2026.3.1");
  });

  it("again where it is recorded already, without losing what another release had published", () => {
    const facts = { ...FACTS, methods: ["list"], tables: null };
    expect(recorded("2026.2.0", facts, [FIRST, SECOND])).toEqual({ ...FIRST, methods: ["list"] });
  });
});

it("those that are not recorded and the newest that is are looked at, unless all are", () => {
  const published = [
    "0.3.1",
    "2026.1.0",
    "2026.2.0",
    "2026.10.0",
    "2026.3.0",
    "2026.10.0-beta.0",
    "2026.2.1",
  ];
  expect(chosen(published, [FIRST, SECOND], false)).toEqual(["2026.2.1", "2026.3.0", "2026.10.0"]);
  expect(chosen(published, [FIRST, SECOND], true)).toEqual([
    "2026.1.0",
    "2026.2.0",
    "2026.2.1",
    "2026.3.0",
    "2026.10.0",
  ]);
});

it("of a service its methods, its imports and what these lead to are read", () => {
  const files = new Map(
    Object.entries({
      "dist/services/environments.js":
        'import { and, eq } from "drizzle-orm";\nimport { environments, agents, } from "@paperclipai/db";\nimport { conflict } from "../errors.js";\nimport { logActivity } from "./activity-log.js";\nimport {\n  a,\n  b,\n} from "./other.js";\n',
      "dist/services/environments.d.ts":
        "export interface Input {\n    backend: string;\n}\nexport declare function environmentService(db: Db): {\n    list: (filters?: {\n        status?: string;\n    }) => Promise<void>;\n    /** getNothing: (id) */\n    getById(id: string): Promise<void>;\n};\nexport {};\n",
    }).map(([name, content]) => [name, Buffer.from(content)]),
  );
  expect(serviceFiles(files)).toEqual([
    "dist/services/environments.js",
    "dist/services/environments.d.ts",
    "dist/errors.js",
    "dist/services/other.js",
  ]);
  const { methods, imports, files: hashes } = readService(files);
  expect(methods).toEqual(["list", "getById"]);
  expect(imports).toEqual({
    "@paperclipai/db": ["agents", "environments"],
    "../errors.js": ["conflict"],
    "./activity-log.js": ["logActivity"],
    "./other.js": ["a", "b"],
  });
  expect(Object.values(hashes).every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
});

describe("what is recorded", () => {
  it("has each release once, the oldest first", () => {
    const releases = known.flatMap(({ releases }) => releases);
    expect(releases.length).toBeGreaterThan(15);
    expect(releases).toEqual([...new Set(releases)].toSorted(byAge));
  });

  it("tells the generations apart, and each is the same as itself", () => {
    for (const generation of known) {
      const [release = ""] = generation.releases;
      const { isKnown, lines } = report(release, generation, known);
      expect(isKnown).toBe(true);
      expect(lines[0]).toContain(`same as ${generation.name},`);
    }
  });
});
