import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

it("a process that has a server of its own, or could have one, ends with the status that it has set", async () => {
  const server = fileURLToPath(new URL("./postgres.mjs", import.meta.url));
  for (const use of ["", "await (await startPostgres()).stop();"]) {
    const program = `import { startPostgres } from ${JSON.stringify(server)}; ${use} process.exitCode = 3;`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([3, null]);
  }
});
