import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { command, expectComplaint, expectUsageError, program } from "./support/command.js";

const { bin, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const NAMES = ["doctor", "leases", "reap", "prune", "inventory", "build"];

it("the package's program is this one, and can be executed", async () => {
  expect(program.replaceAll("\\", "/")).toContain(bin["paperclip-environment-service"]);
  expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

it("--version says which", async () => {
  expect(await command(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

describe("help", () => {
  it.each([["--help"], ["-h"]])("%s names all commands", async (flag) => {
    const { status, stdout, stderr } = await command([flag]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: paperclip-environment-service <command> \[options\]\n\n/);
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, "m"));
    expect(stdout).toMatch(/\nExit status:\n {2}0 .+\n {2}1 .+\n {2}2 .+\n$/);
  });

  it.each(NAMES)("%s has its own, of 80 columns", async (name) => {
    for (const flag of ["--help", "-h"]) {
      const { status, stdout, stderr } = await command([name, flag]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^Usage: paperclip-environment-service ${name} .+\\n\\n[A-Z]`));
      expect(stdout).toMatch(/\n\nOptions:\n/);
      expect(stdout).toMatch(/\n {2}-h, --help +show this help\n\nExamples:\n/);
      expect(stdout).toMatch(/\n\nExit status:\n {2}0 /);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
      const descriptions = stdout
        .match(/^ {2}(?:-\w,| {3}) --.+$/gm)
        ?.map((line) => line.search(/(?<= {2})\S+(?: \S+)*$/));
      expect(new Set(descriptions).size).toBe(1);
    }
  });
});

describe("what is wrong with a call is told with where to read how it is made", () => {
  it.each([
    [[], /: a command is needed\nSee: npx paperclip-environment-service --help\n$/],
    [["leasse"], /: there is no command leasse\n/],
    [["constructor"], /: there is no command constructor\n/],
    [["--json"], /: there is no command --json\n/],
    [
      ["doctor", "--colour"],
      /Unknown option '--colour'\nSee: npx paperclip-environment-service doctor --help\n$/,
    ],
    [["doctor", "-x"], /Unknown option '-x'/],
    [["doctor", "now"], /there is an argument that is not an option/],
    [["doctor", "--json=yes"], /Option '--json' does not take an argument/],
    [["doctor", "--database-url"], /Option '--database-url <value>' argument missing/],
    [["reap", "--limit", "-5"], /Option '--limit' argument is ambiguous\n/],
  ] as [string[], RegExp][])("%j", async (args, why) => {
    expectUsageError(await command(args), why);
  });

  it("but no URL is repeated, since it may have a password", async () => {
    const url = "postgres://paperclip:s3cret-m4rker@127.0.0.1:1/paperclip";
    for (const args of [[url], ["doctor", url], ["doctor", "--", url], ["leases", "--limit", url]]) {
      expectUsageError(await command(args), /./);
    }
    expectUsageError(await command(["leases", "--run", url]), /--run takes a UUID\n/);
  });
});

it("without an addon, the one line says how to build it, and help is there", async () => {
  const env = {
    PAPERCLIP_ENVIRONMENT_SERVICE_BINARY: "/nowhere.node",
    DATABASE_URL: "postgres://127.0.0.1:1/none",
  };
  expectComplaint(
    await command(["doctor"], { env }),
    2,
    /could not look: .*native addon .*could not be loaded/,
  );
  expect((await command(["build", "--help"], { env })).status).toBe(0);
});

it("build says that it needs Rust", async () => {
  const ended = await command(["build"], { env: { PATH: "/nowhere" } });
  expectComplaint(ended, 2, /could not build: Rust is needed to build the addon: https:\/\/rustup\.rs/);
});
