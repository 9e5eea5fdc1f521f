import { describe, expect, it } from "vitest";

import { ago } from "../maintenance/support/stand.js";
import { documentOf } from "./support/command.js";
import { openWorlds } from "./support/world.js";

const { worlds, world } = await openWorlds();

const RELEASES: Record<string, string> = {
  T1: "2026.427 to 2026.609",
  T2: "2026.618",
  T3: "2026.626 to 2026.817",
  T4: "2026.824 to 2026.916",
};

const CODES = [
  ...["tables", "stale_leases", "expired_leases", "cleanup_failed", "retained_leases", "shared_place"],
  ...["unknown_words", "archived_in_use", "inconsistent_rows", "clock_skew", "history", "missing_indexes"],
  "connections",
];

describe.each(worlds)("doctor, on the tables %s", (tables, world) => {
  it("finds nothing wrong in a healthy database", async () => {
    const place = await world.place();
    await world.lease(place, { heartbeat_run_id: await world.liveRun(place.companyId) });
    const before = await world.snapshot();
    const ended = await world.run(["doctor"]);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/\n\nNothing is wrong\.\n$/);
    expect(ended.stdout).toContain(RELEASES[tables]);
    expect(ended.stdout).not.toMatch(/^(problem|warning)/m);
    expect(await world.snapshot()).toEqual(before);
  });

  it("tells people what is wrong, the worst first, with ids and what to do", async () => {
    const place = await world.place();
    const ids = [await world.stale(place), await world.stale(place)];
    const held = await world.old(place, {
      ...{ provider: "daytona", provider_lease_id: "sbx-1", cleanup_status: "failed" },
    });
    const before = await world.snapshot();
    const { status, stdout, stderr } = await world.run(["doctor"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const severities = [...stdout.matchAll(/^(problem|warning|info|ok) /gm)].map(([, word]) => word);
    expect(severities.slice(0, 3)).toEqual(["problem", "warning", "ok"]);
    expect(stdout).toMatch(/^problem {2}The clean-up of 1 lease has failed/);
    expect(stdout).toMatch(/^warning {2}2 leases are active, although the run has finished: 2 local$/m);
    for (const id of [...ids, held]) expect(stdout).toContain(id);
    expect(stdout).toContain("         End them: npx paperclip-environment-service reap\n");
    expect(stdout).toMatch(/\n\n1 problem, 1 warning\.\n$/);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(await world.snapshot()).toEqual(before);
  });

  it("tells programs the same as one document", async () => {
    const place = await world.place();
    const id = await world.stale(place);
    const ended = await world.run(["doctor", "--json"]);
    expect(ended.status).toBe(1);
    const { findings } = documentOf(ended);
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(CODES);
    expect(Object.keys(findings[0])).toEqual(["code", "severity", "summary", "count", "examples", "remedy"]);
    expect(findings.find(({ code }: { code: string }) => code === "stale_leases")).toMatchObject({
      ...{ severity: "warning", count: 1, examples: [id] },
    });
  });

  it("does not count as wrong what is only worth knowing", async () => {
    await world.lease(await world.place(), { status: "retained", last_used_at: ago("1 hour") });
    const ended = await world.run(["doctor"]);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toMatch(/^info {5}1 lease is retained/m);
  });
});

it("shows a few examples only", async () => {
  const place = await world.place();
  for (let n = 0; n < 5; n++) await world.stale(place);
  const { stdout } = await world.run(["doctor"]);
  expect(stdout.match(/[\da-f]{8}-[\da-f-]{27}/g)).toHaveLength(3);
  expect(stdout).toContain(", …\n");
});
