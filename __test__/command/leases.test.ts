import { describe, expect, it } from "vitest";

import { ago, inTurn } from "../maintenance/support/stand.js";
import { documentOf, expectComplaint, expectUsageError } from "./support/command.js";
import { openWorlds, type World } from "./support/world.js";

const { worlds, world } = await openWorlds();

/** The shown parts of a lease. Its metadata is not shown. */
const KEYS = [
  ...["id", "companyId", "environmentId", "executionWorkspaceId", "issueId", "heartbeatRunId", "status"],
  ...["leasePolicy", "provider", "providerLeaseId", "acquiredAt", "lastUsedAt", "expiresAt", "releasedAt"],
  ...["failureReason", "cleanupStatus", "createdAt", "updatedAt"],
];

describe.each(worlds)("leases, on the tables %s", (_, world) => {
  it("are counted by status and provider", async () => {
    const [one, other] = [await world.place(), await world.place()];
    await world.lease(one, { acquired_at: ago("3 days") });
    await world.lease(other, { expires_at: ago("1 minute") });
    await world.lease(one, { provider: "daytona", status: "retained", acquired_at: ago("5 hours") });
    await world.old(one);
    const before = await world.snapshot();

    expect((await world.run(["leases"])).stdout.split("\n").sort()).toEqual(
      [
        "STATUS    PROVIDER  LEASES  EXPIRED  CLEANUP FAILED  ENVIRONMENTS  OLDEST",
        "active    -              2        1               0             2  3d ago",
        "retained  daytona        1        0               0             1  5h ago",
        "",
      ].sort(),
    );
    const history = await world.run(["leases", "--history", "--company", one.companyId]);
    expect(history).toMatchObject({ status: 0, stderr: "" });
    expect(history.stdout).toMatch(/^released +- +1 +0 +0 +1 +100d ago$/m);

    const { summary } = documentOf(await world.run(["leases", "--json"]));
    expect(summary).toHaveLength(3);
    expect(summary).toContainEqual({
      ...one,
      ...{ provider: "daytona", status: "retained", count: 1, expired: 0, cleanupFailed: 0 },
      oldestAcquiredAt: expect.stringMatching(/^20.+Z$/),
    });
    expect(documentOf(await world.run(["leases", "--json", "--history"])).summary).toHaveLength(4);
    expect(await world.snapshot()).toEqual(before);
  });

  it("are listed where an option says which", async () => {
    const [one, other] = [await world.place(), await world.place()];
    const run = await world.liveRun(one.companyId);
    const workspace = await world.workspace(one.companyId);
    const wanted = await world.lease(one, {
      ...{ heartbeat_run_id: run, execution_workspace_id: workspace, cleanup_status: "failed" },
      ...{ provider: "daytona", provider_lease_id: "sbx 1", last_used_at: ago("2 hours") },
    });
    const expired = await world.lease(other, { status: "expired" });

    for (const options of [
      ["--company", one.companyId],
      ["--environment", one.environmentId],
      ["--status", "active"],
      ["--provider", "daytona"],
      ["--run", run],
      ["--workspace", workspace],
      ["--provider-lease", "sbx 1"],
      ["--cleanup", "failed"],
      ["--unused-for", "90m"],
    ]) {
      const { leases, next } = documentOf(await world.run(["leases", "--json", ...options]));
      expect([options, leases.map(({ id }: { id: string }) => id)]).toEqual([options, [wanted]]);
      expect(next).toBeNull();
      expect(Object.keys(leases[0])).toEqual(KEYS);
    }
    const both = await world.run(["leases", "--status", "active", "--status", "expired"]);
    expect(both).toMatchObject({ status: 0, stderr: "" });
    // Whole, since whoever reads this is no terminal.
    expect(both.stdout).toMatch(/^LEASE +STATUS +PROVIDER +PROVIDER LEASE +LAST USED +RUN +ENVIRONMENT\n/);
    expect(both.stdout).toContain(`${expired}  expired`);
    expect(both.stdout).toMatch(
      new RegExp(
        `^${wanted}  active   daytona   sbx 1           2h ago     ${run}  ${one.environmentId}$`,
        "m",
      ),
    );
  });
});

it("pages go on where the one before has ended", async () => {
  const place = await world.place();
  const ids = await inTurn(5, () => world.lease(place));
  const seen: string[] = [];
  const of = ["leases", "--company", place.companyId, "--limit", "2"];
  for (let after: string[] = []; ;) {
    const { leases, next } = documentOf(await world.run([...of, "--json", ...after]));
    seen.push(...leases.map(({ id }: { id: string }) => id));
    const { stdout } = await world.run([...of, ...after]);
    if (next === null) {
      expect(stdout).not.toContain("There are more");
      break;
    }
    expect(stdout).toContain(`\n\nThere are more: --after ${next}\n`);
    after = ["--after", next];
  }
  expect(seen.sort()).toEqual(ids.sort());
  await world.clear();
});

it("none are told in words, and no failure", async () => {
  const nothing = await world.run(["leases"]);
  expect(nothing).toMatchObject({ status: 0, stderr: "" });
  expect(nothing.stdout).toBe("No lease is active, retained or pending clean-up.\n");
  expect((await world.run(["leases", "--history"])).stdout).toBe("There are no leases.\n");
  expect((await world.run(["leases", "--limit", "5"])).stdout).toBe("There are no such leases.\n");
});

it("with wrong options are refused", async () => {
  expectUsageError(await world.run(["leases", "--company", "acme"]), /--company takes a UUID, not "acme"/);
  expectUsageError(
    await world.run(["leases", "--limit", "1001"]),
    /--limit takes a whole number from 1 to 1,000/,
  );
  expectUsageError(
    await world.run(["leases", "--unused-for", "12"]),
    /--unused-for takes .+ such as 90d, not "12"/,
  );
  expectUsageError(await world.run(["leases", "--provider", ""]), /--provider must not be empty/);
  expectUsageError(
    await world.run(["leases", "--history", "--limit", "3"]),
    /--history goes with --company only/,
  );
  expectComplaint(await world.run(["leases", "--after", "nonsense"]), 2, /could not look: .*after/);
});
