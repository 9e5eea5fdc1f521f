import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { ago, ahead, inTurn } from "../maintenance/support/stand.js";
import { documentOf, expectUsageError } from "./support/command.js";
import { openWorlds } from "./support/world.js";

const { worlds, world } = await openWorlds();

const support = fileURLToPath(new URL("./support/", import.meta.url));
const idsOf = (stale: { lease: { id: string } }[]) => stale.map(({ lease }) => lease.id).sort();
const box = (id: string) => ({ provider: "daytona", provider_lease_id: id });

describe.each(worlds)("reap, on the tables %s", (tables, world) => {
  const isT4 = tables === "T4";

  it("shows what it would do, and writes nothing", async () => {
    const place = await world.place({ driver: "sandbox" });
    const notes = [await world.stale(place), await world.stale(place)];
    const held = await world.stale(place, box("sbx-1"));
    await world.lease(place, { heartbeat_run_id: await world.liveRun(place.companyId) });
    const before = await world.snapshot();

    const shown = await world.run(["reap"]);
    expect(shown).toMatchObject({ status: 1, stderr: "" });
    expect(shown.stdout).toMatch(isT4 ? /^3 leases would be ended:\n/ : /^2 leases would be ended:\n/);
    for (const id of [...notes, held]) expect(shown.stdout).toContain(id);
    expect(shown.stdout).toContain("Nothing was written: --yes ends them.\n");
    if (isT4) expect(shown.stdout).toContain("1 sandbox would be left to the server to tear down.");
    else expect(shown.stdout).toMatch(/^1 lease left, since only --release gives back/m);

    const ended = await world.run(["reap", "--json"]);
    expect(ended.status).toBe(1);
    const document = documentOf(ended);
    expect(document).toMatchObject({ dryRun: true, failed: [], more: false });
    expect(idsOf(document.ended)).toEqual([...notes, ...(isT4 ? [held] : [])].sort());
    expect(document.left).toEqual(
      isT4 ? [] : [{ lease: expect.objectContaining({ id: held }), reason: "run_finished", why: "provider" }],
    );
    expect(await world.snapshot()).toEqual(before);
  });

  it("ends them with --yes", async () => {
    const place = await world.place({ driver: "sandbox" });
    const note = await world.stale(place);
    const live = await world.lease(place, { heartbeat_run_id: await world.liveRun(place.companyId) });
    const ended = await world.run(["reap", "--yes"]);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^1 lease ended:\nLEASE +REASON +PROVIDER +PROVIDER LEASE +ACQUIRED\n/);
    expect(ended.stdout).toMatch(new RegExp(`^${note}  run_finished  - `, "m"));
    expect(await world.row(note)).toMatchObject({ status: "expired" });
    expect(await world.row(live)).toMatchObject({ status: "active" });

    const again = await world.run(["reap", "--yes"]);
    expect(again).toMatchObject({ status: 0, stdout: "No lease is stale.\n", stderr: "" });
  });

  it("gives back what a module can give back", async () => {
    const place = await world.place({ driver: "sandbox" });
    const [gone, stuck] = [await world.stale(place, box("sbx-1")), await world.stale(place, box("stuck"))];
    const ended = await world.run(["reap", "--yes", "--json", "--release", `${support}release.mjs`]);
    expect(ended.status).toBe(1);
    // What the module says does not stand in the document.
    expect(ended.stderr).toContain(`released ${gone}\n`);
    const document = JSON.parse(ended.stdout);
    expect(idsOf(document.ended)).toEqual([gone]);
    expect(document.failed).toMatchObject([
      { lease: { id: stuck }, reason: "run_finished", error: "the provider says \\u{1b}[31m503" },
    ]);
    expect(await world.row(gone)).toMatchObject({ status: "expired", cleanup_status: "success" });
    expect(await world.row(stuck)).toMatchObject({ status: "active", cleanup_status: "failed" });

    const again = await world.run(["reap", "--yes", "--release", "release.mjs"], { cwd: support });
    expect(again.status).toBe(1);
    expect(again.stdout).toMatch(/^1 lease not given back:\nLEASE +PROVIDER +PROVIDER LEASE +ERROR\n/);
    const last = await world.run(["reap", "--yes", "--release", "./release.cjs"], { cwd: support });
    expect(last).toMatchObject({ status: 0, stderr: "" });
    expect(await world.row(stuck)).toMatchObject({ status: "expired", cleanup_status: "success" });
  });

  it("ends all, in as many rounds as it takes", async () => {
    const place = await world.place();
    const run = await world.finishedRun(place.companyId);
    await world.sql.unsafe(
      `insert into environment_leases (company_id, environment_id, heartbeat_run_id)
       select $1, $2, $3 from generate_series(1, 2100)`,
      [place.companyId, place.environmentId, run],
    );
    const few = documentOf(await world.run(["reap", "--yes", "--json", "--limit", "1050"]));
    expect(few).toMatchObject({ more: true, left: [], failed: [] });
    expect(few.ended).toHaveLength(1_050);
    const shown = documentOf(await world.run(["reap", "--json"]));
    expect(shown).toMatchObject({ more: true });
    expect(shown.ended).toHaveLength(1_000);
    const all = await world.run(["reap", "--yes", "--json"]);
    expect(all.status).toBe(0);
    expect(documentOf(all).ended).toHaveLength(1_050);
  });
});

it("says why each lease is left", async () => {
  const place = await world.place({ driver: "plugin" });
  await world.lease(place, {
    heartbeat_run_id: await world.runEnding(place.companyId, ahead("1 hour")),
  });
  await world.stale(place, box("sbx-1"));
  await world.stale(place, { ...box("sbx-2"), cleanup_status: "pending", updated_at: ago("1 minute") });
  const { status, stdout } = await world.run(["reap", "--yes"]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^1 lease left, since only --release gives back what a provider holds:$/m);
  expect(stdout).toMatch(/^1 lease left, since a run ends in the future/m);
  expect(stdout).toMatch(/^1 lease left to another process:$/m);
});

it("takes the reasons, times and places that it is given", async () => {
  const [place, other] = [await world.place(), await world.place()];
  const dry = async (...options: string[]) =>
    idsOf(documentOf(await world.run(["reap", "--json", ...options])).ended);
  const recent = await world.lease(place, {
    heartbeat_run_id: await world.runEnding(place.companyId, ago("5 minutes")),
  });
  const expired = await world.lease(place, {
    expires_at: ago("1 hour"),
    lease_policy: "reuse_by_environment",
  });
  const unowned = await world.lease(place, { acquired_at: ago("3 hours") });
  const retained = await world.lease(place, { status: "retained", last_used_at: ago("3 days") });
  const elsewhere = await world.stale(other);

  expect(await dry()).toEqual([elsewhere]);
  expect(await dry("--grace", "1m")).toEqual([recent, elsewhere].sort());
  expect(await dry("--company", place.companyId)).toEqual([]);
  expect(await dry("--environment", other.environmentId)).toEqual([elsewhere]);
  expect(await dry("--reason", "expired")).toEqual([expired]);
  expect(await dry("--reason", "unowned", "--older-than", "2h")).toEqual([unowned]);
  expect(await dry("--reason", "unowned")).toEqual([]);
  expect(await dry("--reason", "retained", "--older-than", "2d")).toEqual([retained]);
  expect(await dry("--reason", "run_finished", "--reason", "expired")).toEqual([expired, elsewhere].sort());
});

it("refuses wrong options, and does nothing", async () => {
  await world.stale(await world.place());
  const before = await world.snapshot();
  const refused: [options: string[], why: RegExp][] = [
    [["--reason", "old"], /--reason takes one of run_finished, .+, retained, not "old"/],
    [["--reason", "retained"], /--reason retained needs --older-than/],
    [["--grace", "30s"], /--grace takes at least 1m, not "30s"/],
    [["--grace", "1.5h"], /--grace takes .+ not "1\.5h"/],
    [["--limit", "0"], /--limit takes a whole number of at least 1, not "0"/],
    [["--limit", "many"], /--limit/],
    [["--concurrency", "101"], /--concurrency takes a whole number from 1 to 100, not "101"/],
    [["--company", "x"], /--company takes a UUID/],
    [["--release", "nowhere.mjs"], /--release could not be loaded: .*nowhere\.mjs/],
    [["--release", `${support}no-release.mjs`], /--release has no function as its default export/],
    [["--dry-run"], /Unknown option '--dry-run'/],
  ];
  for (const [options, why] of refused) expectUsageError(await world.run(["reap", "--yes", ...options]), why);
  expect(await world.snapshot()).toEqual(before);
});

it("ends each lease once, where several are at it", async () => {
  const place = await world.place();
  const ids = await inTurn(60, () => world.stale(place));
  const documents = (await Promise.all([1, 2, 3].map(() => world.run(["reap", "--yes", "--json"])))).map(
    documentOf,
  );
  expect(documents.flatMap(({ ended }) => idsOf(ended)).sort()).toEqual(ids.sort());
});
