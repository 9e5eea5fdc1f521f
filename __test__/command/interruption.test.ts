// Ctrl-C, and readers that close the pipe early.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { afterEach, expect, it } from "vitest";

import { inTurn } from "../maintenance/support/stand.js";
import { expectComplaint, program } from "./support/command.js";
import { openWorld } from "./support/world.js";

const world = await openWorld("T4");
afterEach(() => world.clear());

const slowRelease = fileURLToPath(new URL("./support/slow-release.mjs", import.meta.url));

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s: what is begun ends, nothing more is begun, and the status is %s", async (signal, status) => {
  const place = await world.place({ driver: "plugin" });
  const ids = await inTurn(6, (n) => world.stale(place, { provider: "slow", provider_lease_id: `sbx-${n}` }));
  let isSent = false;
  const ended = await world.run(["reap", "--yes", "--concurrency", "2", "--release", slowRelease], {
    onOutput: (child, printed) => {
      if (isSent || !printed.includes("releasing")) return;
      isSent = true;
      child.kill(signal);
    },
  });
  expect(ended).toMatchObject({ status, stdout: "" });
  expect(ended.stderr).toBe(
    "releasing\nreleasing\npaperclip-environment-service: interrupted; so far: 2 leases ended, 0 failed\n",
  );
  const rows = await Promise.all(ids.map((id) => world.row(id)));
  expect(
    rows.filter((row) => row["status"] === "expired" && row["cleanup_status"] === "success"),
  ).toHaveLength(2);
  expect(rows.filter((row) => row["status"] === "active" && row["cleanup_status"] === null)).toHaveLength(4);
});

it("while the database keeps it waiting", async () => {
  await world.sql.begin(async (sql) => {
    await sql.unsafe("lock table environment_leases");
    const child = spawn(process.execPath, [program, "leases", "--limit", "1", "--database-url", world.url]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    for (let isWaiting = false; !isWaiting;) {
      // Within a transaction, the view is not looked at again by itself.
      await sql.unsafe("select pg_stat_clear_snapshot()");
      const [row] = await sql.unsafe<{ count: string }[]>(
        `select count(*)::text as count from pg_stat_activity
         where wait_event_type = 'Lock' and datname = current_database()`,
      );
      isWaiting = Number(row?.count) > 0;
    }
    child.kill("SIGINT");
    const begin = performance.now();
    while (stderr === "" && performance.now() - begin < 5_000)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    await once(child, "close");
    expect(stderr).toBe("paperclip-environment-service: interrupted\n");
  });
});

it("while it reads standard input", async () => {
  const child = spawn(process.execPath, [
    program,
    "inventory",
    "--provider",
    "p",
    "--database-url",
    world.url,
  ]);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.write("sbx-1\n");
  // Long enough that it listens.
  await new Promise((resolve) => setTimeout(resolve, 800));
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([130, null]);
  expectComplaint({ status: 130, stdout: "", stderr }, 130, /: interrupted\n$/);
});

it("a reader that goes away ends nothing that is begun, and is not complained about", async () => {
  const place = await world.place();
  await world.sql.unsafe(
    `insert into environment_leases (company_id, environment_id, heartbeat_run_id)
     select $1, $2, $3 from generate_series(1, 2000)`,
    [place.companyId, place.environmentId, await world.finishedRun(place.companyId)],
  );
  for (const args of [
    ["leases", "--limit", "1000"],
    ["reap", "--yes"],
  ]) {
    const child = spawn(process.execPath, [program, ...args, "--database-url", world.url]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout.destroy();
    expect([args, ...(await once(child, "close"))]).toEqual([args, 0, null]);
    expect(stderr).toBe("");
  }
  expect(await world.rows("status = 'active'")).toEqual([]);
});
