// Output on a terminal: colours, 80 columns, progress. Control characters in a row's text have no effect.

import { afterEach, describe, expect, it } from "vitest";

import table from "../../src-js/command/table.js";
import text from "../../src-js/command/text.js";
import { ago } from "../maintenance/support/stand.js";
import { command, commandInTerminal, documentOf, hasTerminals } from "./support/command.js";
import { openWorld } from "./support/world.js";

const world = await openWorld("T4");
afterEach(() => world.clear());

const env = { DATABASE_URL: world.url };
const COLOURS = /\u001b\[\d+m/g;
/** Of the longest line. */
const widthOf = (printed: string) =>
  Math.max(
    ...printed
      .replace(COLOURS, "")
      .split("\n")
      .map((line) => line.trimEnd().length),
  );

/** What would clear the screen, colour it, begin a line, and turn the writing round. */
const EVIL = "e\u001b[2J\u001b[31mv\r\ni\u202el\u0085\u009b1m";

/** Something for each severity. */
async function plant() {
  const place = await world.place({ driver: "plugin" });
  const long = `sandbox-${"x".repeat(120)}`;
  await world.stale(place);
  await world.stale(place, { provider: "a-provider-with-a-long-name", provider_lease_id: long });
  await world.old(place, { provider: "daytona", provider_lease_id: long, cleanup_status: "failed" });
  await world.lease(place, { provider: EVIL, provider_lease_id: EVIL, expires_at: ago("1 hour") });
  await world.lease(place, { released_at: ago("1 hour") });
  await world.lease(place, { status: EVIL, lease_policy: EVIL, provider: "ssh", provider_lease_id: EVIL });
  return long;
}

const SHOWN = [
  ["doctor"],
  ["leases"],
  ["leases", "--limit", "10"],
  ["reap", "--reason", "run_finished", "--reason", "expired", "--reason", "cleanup_failed"],
  ["prune", "--older-than", "90d"],
  ["inventory", "--provider", "daytona", "--complete"],
];

const input = "sandbox-unknown\n";

describe.skipIf(!hasTerminals)("a terminal", () => {
  it.each(SHOWN.map((args) => [args.join(" "), args] as const))("is not left by %s", async (_, args) => {
    await plant();
    for (const columns of [80, 40, 132]) {
      const typed = args[0] === "inventory" ? `${input}\u0004` : "";
      const { stdout } = await commandInTerminal([...args], { env, input: typed, columns });
      expect(stdout).not.toContain("could not");
      expect(widthOf(stdout)).toBeLessThanOrEqual(columns);
      expect(stdout.replace(COLOURS, "")).not.toMatch(/[^\n\r\x20-\x7e…]/);
    }
  });

  it("has colours, unless NO_COLOR is not empty or it is dumb", async () => {
    await plant();
    const inColours = (await commandInTerminal(["doctor"], { env })).stdout;
    expect(inColours).toContain("\u001b[31mproblem\u001b[0m");
    expect(inColours).toContain("\u001b[33mwarning\u001b[0m");
    expect(inColours).toContain("\u001b[32mok\u001b[0m");
    for (const [name, value] of Object.entries({ NO_COLOR: "1", TERM: "dumb" })) {
      const { stdout } = await commandInTerminal(["doctor"], { env: { ...env, [name]: value } });
      expect(stdout).not.toContain("\u001b");
      expect(stdout.replaceAll("\r", "")).toBe(inColours.replace(COLOURS, "").replaceAll("\r", ""));
    }
    const { stdout } = await commandInTerminal(["doctor"], { env: { ...env, NO_COLOR: "" } });
    expect(stdout).toBe(inColours);
  });

  it("has the exit status, and --json is the same there", async () => {
    await plant();
    const { status, stdout } = await commandInTerminal(["reap", "--json"], { env });
    expect(status).toBe(1);
    expect(stdout).not.toMatch(/[^\n\r\x20-\x7e]/);
    expect(JSON.parse(stdout)).toEqual(documentOf(await world.run(["reap", "--json"])));
  });

  it("shows progress where something takes long, and takes it back", async () => {
    const place = await world.place({ driver: "plugin" });
    for (let n = 0; n < 3; n++) await world.stale(place, { provider: "slow", provider_lease_id: `sbx-${n}` });
    const args = [
      "reap",
      "--yes",
      "--concurrency",
      "1",
      "--release",
      "__test__/command/support/slow-release.mjs",
    ];
    const { status, stdout } = await commandInTerminal(args, { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/\r\u001b\[K1 lease ended, 0 failed/);
    expect(stdout).toMatch(/\r\u001b\[K2 leases ended, 0 failed/);
    expect(stdout).toMatch(/\r\u001b\[K3 leases ended:\r?\n/);
  });
});

describe("what is no terminal", () => {
  it("has no colours, no progress and whole ids", async () => {
    const long = await plant();
    for (const args of SHOWN) {
      const { stdout, stderr } = await command(args, { env, input });
      expect(stderr).toBe("");
      expect(stdout).not.toMatch(/[^\n\x20-\x7e…]/);
    }
    expect((await command(["leases", "--limit", "10"], { env })).stdout).toContain(long);
  });

  it("is told the text of a row as it is, in JSON", async () => {
    await plant();
    const ended = await world.run(["leases", "--json", "--status", EVIL]);
    expect(ended.stdout).not.toMatch(/[^\n\x20-\x7e]/);
    expect(documentOf(ended).leases).toMatchObject([
      { status: EVIL, leasePolicy: EVIL, providerLeaseId: EVIL },
    ]);
  });

  it("sees what would be obeyed written out", async () => {
    await plant();
    const { stdout } = await world.run(["leases", "--provider", EVIL]);
    expect(stdout).toContain("e\\u{1b}[2J\\u{1b}[31mv\\u{d}\\u{a}i\\u{202e}l\\u{85}\\u{9b}1m");
  });
});

describe("a table", () => {
  const terminal = (columns: number) => text.pageOf({ isTTY: true, columns }, { NO_COLOR: "1" });
  const columns = [
    { title: "ID", of: ({ id }: { id: string }) => id, least: 5 },
    { title: "N", of: ({ n }: { n: number | null }) => n, isNumber: true },
    { title: "NAME", of: ({ name }: { name: string }) => name, least: 4 },
  ];
  const rows = [
    { id: "0123456789", n: 5, name: "日本語の名前" },
    { id: "01", n: null, name: "e\u0301te\u0301" },
  ];

  it("is as wide as it has to be", () => {
    const expected = ["ID          N  NAME", "0123456789  5  日本語の名前", "01          -  e\u0301te\u0301"];
    expect(table.table(terminal(80), columns, rows)).toEqual(expected);
    expect(table.table(text.PAPER, columns, rows)).toEqual(expected);
  });

  it("is cut to a terminal, from its end on, and in the end whatever is too long", () => {
    expect(table.table(terminal(22), columns, rows).slice(0, 2)).toEqual([
      "ID          N  NAME",
      "0123456789  5  日本語…",
    ]);
    expect(table.table(terminal(16), columns, rows).slice(0, 2)).toEqual([
      "ID       N  NAME",
      "012345…  5  日…",
    ]);
    expect(table.table(terminal(9), columns, rows)).toEqual(["ID     N…", "0123…  5…", "01     -…"]);
    expect(table.table({ ...text.PAPER, columns: 5 }, columns, rows)[1]).toBe("0123456789  5  日本語の名前");
  });
});
