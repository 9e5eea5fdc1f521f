import { setTimeout as pause } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { runChild, type ChildOptions, type Ended } from "./support/child.js";
import { connectionsOf } from "./support/connections.js";
import { until } from "./support/until.js";

const { url, sql, seed } = await startSuite();
const connections = connectionsOf(sql);

/** The beginning of every program. DATABASE_URL names the database. */
const PRELUDE = `
  const { environmentService } = require("paperclip-environment-service");
  const someId = "00000000-0000-4000-8000-000000000000";
`;

const PROMPTLY = 2_000;

function run(program: string, options: ChildOptions = {}): Promise<Ended> {
  return runChild(PRELUDE + program, { ...options, env: { DATABASE_URL: url, ...options.env } });
}

function expectFine(ended: Ended): void {
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
}

describe("the package is found by its name", () => {
  const useIt = `
    const service = environmentService();
    console.log(await service.getById("00000000-0000-4000-8000-000000000000"), typeof environmentService);
    await service.close();`;

  it.each([
    [
      "import { … } from",
      `import { environmentService } from "paperclip-environment-service"; ${useIt}`,
      true,
    ],
    [
      "import * as",
      `import * as all from "paperclip-environment-service"; const { environmentService } = all; ${useIt}`,
      true,
    ],
    [
      "import()",
      `const { environmentService } = await import("paperclip-environment-service"); ${useIt}`,
      true,
    ],
    [
      "require",
      `const { environmentService } = require("paperclip-environment-service"); (async () => { ${useIt} })();`,
      false,
    ],
  ])("%s", async (_, program, module) => {
    const ended = await runChild(program, { module, env: { DATABASE_URL: url } });
    expectFine(ended);
    expect(ended.stdout).toBe("null function\n");
  });

  it("import and require give the same function", async () => {
    const ended = await runChild(
      `import { createRequire } from "node:module";
       import { environmentService } from "paperclip-environment-service";
       const required = createRequire(process.cwd() + "/x.js")("paperclip-environment-service");
       console.log(required.environmentService === environmentService, Object.keys(required));`,
      { module: true },
    );
    expectFine(ended);
    expect(ended.stdout).toBe("true [ 'environmentService' ]\n");
  });
});

describe("a process ends by itself", () => {
  it("promptly, while a service has idle connections", async () => {
    const ended = await run(`
      const service = environmentService(undefined, { idleTimeout: 0 });
      Promise.all([service.getById(someId), service.list(someId), service.getLeaseById(someId)])
        .then(() => console.log("idle"));`);
    expectFine(ended);
    expect(ended.stdout).toBe("idle\n");
    expect(ended.lingered).toBeLessThan(PROMPTLY);
  });

  it("promptly, while a service waits to close what idles", async () => {
    const ended = await run(`
      const service = environmentService(undefined, { idleTimeout: 10_000 });
      service.getById(someId).then(() => console.log("idle"));`);
    expectFine(ended);
    expect(ended.lingered).toBeLessThan(PROMPTLY);
  });

  it("promptly, although the password is a function", async () => {
    const ended = await run(`
      const connectionString = new URL(process.env.DATABASE_URL);
      const { password } = connectionString;
      connectionString.password = "";
      const service = environmentService({ connectionString, password: async () => password });
      service.getById(someId).then(() => console.log("idle"));`);
    expectFine(ended);
    expect(ended.stdout).toBe("idle\n");
    expect(ended.lingered).toBeLessThan(PROMPTLY);
  });

  it("where a service was made and never used", async () => {
    const ended = await run(`environmentService(); console.log("made")`);
    expectFine(ended);
    expect(ended.lingered).toBeLessThan(PROMPTLY);
  });

  it("after the calls under way, which nobody awaits", async () => {
    const companyId = await seed.company();
    const ended = await run(`
      const service = environmentService();
      for (let n = 0; n < 300; n++) void service.create("${companyId}", { name: String(n), driver: "ssh" });`);
    expectFine(ended);
    expect(await sql`select 1 from environments where company_id = ${companyId}`).toHaveLength(300);
  });
});

describe("process.exit in mid-call ends the process with that code and no signal", () => {
  it.each([
    ["at once", "process.exit(7)"],
    ["in the next turn", "setImmediate(() => process.exit(7))"],
    ["with the first answer", "calls[0].finally(() => process.exit(7))"],
    ["while a service closes", "service.close(); setImmediate(() => process.exit(7))"],
  ])("%s", async (_, exit) => {
    const ended = await run(`
      const service = environmentService();
      const calls = Array.from({ length: 50 }, (_, n) => n % 2 ? service.getById(someId) : service.list(someId));
      ${exit};`);
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: "" });
  });

  it("at any moment, amid traffic", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        run(`
          const service = environmentService();
          setInterval(() => { for (let n = 0; n < 20; n++) void service.getById(someId); }, 1);
          setTimeout(() => process.exit(7), ${n * 7});`),
      ),
    );
    for (const ended of outcomes) expect(ended).toMatchObject({ code: 7, signal: null, stderr: "" });
  });

  it("while a statement waits on the server", async () => {
    const environmentId = await seed.environment(await seed.company());
    const ended = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${environmentId} for update`;
      return run(`
        const service = environmentService();
        void service.update("${environmentId}", { name: "never seen" });
        service.getById(someId).then(() => setImmediate(() => process.exit(7)));`);
    });
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: "" });
  });

  it("while the password function is asked", async () => {
    const ended = await run(`
      const service = environmentService({ connectionString: "postgres://127.0.0.1", password: () => { setImmediate(() => process.exit(7)); return new Promise(() => {}); } });
      void service.getById(someId);`);
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: "" });
  });
});

it("an uncaught exception in mid-call is the only thing that is reported", async () => {
  const ended = await run(`
    const service = environmentService();
    void service.getById(someId);
    throw new Error("of the host's own");`);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.stderr).toContain("of the host's own");
  expect(ended.stderr).not.toContain("This is a bug in");
  expect(ended.stdout).toBe("");
});

it("a rejected call that nobody handles is an unhandled rejection of Node's, with its code", async () => {
  const ended = await run(`void environmentService().getById("nope")`);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.stderr).toContain("22P02");
});

describe("worker threads", () => {
  const WORKERS = `
    const { Worker } = require("node:worker_threads");
    const { once } = require("node:events");
    const start = (program) => new Worker(
      'const { parentPort } = require("node:worker_threads");' +
      'const { environmentService } = require("paperclip-environment-service");' +
      'const someId = "' + someId + '";' + program, { eval: true });
    const oneCall = 'environmentService().getById(someId).then((row) => parentPort.postMessage(row));';
  `;
  /** The same without loading the addon in the main thread. */
  const WORKERS_ONLY = `const someId = "00000000-0000-4000-8000-000000000000"; ${WORKERS}`;

  it("a worker can call, and ends by itself", async () => {
    const ended = await run(`${WORKERS}
      const worker = start(oneCall);
      worker.on("message", (row) => console.log(row)).on("exit", (code) => console.log("exit", code));`);
    expectFine(ended);
    expect(ended.stdout).toBe("null\nexit 0\n");
    expect(ended.lingered).toBeLessThan(PROMPTLY);
  });

  it("four at once and the main thread can call, each with connections of its own", async () => {
    const companyId = await seed.company();
    const ended = await run(`${WORKERS}
      const create = (who) =>
        'const calls = []; for (let n = 0; n < 50; n++) calls.push(environmentService().create("${companyId}", { name: "' + who + '", driver: "ssh" }));';
      (async () => {
        const workers = [0, 1, 2, 3].map((n) => start(create(n)));
        const own = Promise.all(Array.from({ length: 50 }, () => environmentService().create("${companyId}", { name: "main", driver: "ssh" })));
        await Promise.all(workers.map((worker) => once(worker, "exit")));
        await own;
        console.log("all");
      })();`);
    expectFine(ended);
    const rows = await sql<{ name: string; count: number }[]>`
      select name, count(*)::int from environments where company_id = ${companyId} group by 1 order by 1`;
    expect([...rows]).toEqual(["0", "1", "2", "3", "main"].map((name) => ({ name, count: 50 })));
  });

  it("one that is terminated in mid-call leaves the main thread able to call", async () => {
    const environmentId = await seed.environment(await seed.company());
    const ended = await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${environmentId} for update`;
      return run(`${WORKERS}
        (async () => {
          const service = environmentService();
          console.log(await service.getById(someId));
          const worker = start('void environmentService().update("${environmentId}", { name: "n" });' + oneCall);
          await once(worker, "message");
          console.log("terminated", await worker.terminate());
          console.log(await service.getById(someId), (await service.getById("${environmentId}")).id);
        })();`);
    });
    expectFine(ended);
    expect(ended.stdout).toBe(`null\nterminated 1\nnull ${environmentId}\n`);
  });

  it("20 that are terminated at any moment leave the main thread able to call", async () => {
    const ended = await run(`${WORKERS}
      const { setTimeout: pause } = require("node:timers/promises");
      (async () => {
        const service = environmentService();
        for (let n = 0; n < 20; n++) {
          const worker = start('setInterval(() => { for (let n = 0; n < 20; n++) environmentService().getById(someId) }, 1)');
          await once(worker, "online");
          await Promise.all([pause(n * 5), service.getById(someId)]);
          await worker.terminate();
        }
        console.log(await service.getById(someId));
      })();`);
    expectFine(ended);
    expect(ended.stdout).toBe("null\n");
  });

  it.each([
    [
      "in the main thread",
      `const { environmentService } = require("paperclip-environment-service"); console.log(await environmentService().getById(someId));`,
    ],
    ["in another worker", `console.log((await once(start(oneCall), "message"))[0]);`],
    [
      "in two other workers",
      `console.log(...(await Promise.all([1, 2].map(async () => (await once(start(oneCall), "message"))[0]))));`,
    ],
  ])("after a worker that alone had loaded it has ended, it works %s", async (_, after) => {
    const ended = await runChild(
      `${WORKERS_ONLY}
      (async () => {
        const worker = start(oneCall);
        console.log((await once(worker, "message"))[0]);
        await once(worker, "exit");
        ${after}
      })();`,
      { env: { DATABASE_URL: url } },
    );
    expectFine(ended);
    expect(ended.stdout).toMatch(/^null\nnull( null)?\n$/);
  });

  it("a worker that was terminated holds no connection any more", async () => {
    const name = "terminated worker";
    let gone: Promise<number> | undefined;
    const ended = await run(
      `${WORKERS}
      (async () => {
        const worker = start('setInterval(() => {}, 1000); environmentService(undefined, { applicationName: "${name}", idleTimeout: 0 }).getById(someId).then((row) => parentPort.postMessage(row));');
        await once(worker, "message");
        await worker.terminate();
        console.log("terminated");
        const service = environmentService();
        const end = Date.now() + 1500;
        while (Date.now() < end) await service.getById(someId);
      })();`,
      {
        onOutput: () => {
          gone ??= connections.gone(name).then(() => performance.now());
        },
      },
    );
    const end = performance.now();
    expectFine(ended);
    expect(await gone).toBeLessThan(end);
  });
});

describe("what is no longer reachable lets go of its connections", () => {
  const waitUntilCollected = (name: string) => `
    const { setTimeout: pause } = require("node:timers/promises");
    const watcher = require("postgres")(process.env.DATABASE_URL, { max: 1 });
    const open = async () => (await watcher\`
      select 1 from pg_stat_activity where application_name = '${name}' and datname = current_database()\`).length;
    const collected = async () => {
      for (let n = 0; n < 200 && (await open()) > 0; n++) {
        globalThis.gc();
        await pause(10);
      }
      return open();
    };`;

  it.each([
    ["a postgres.js sql and its services", `require("postgres")(process.env.DATABASE_URL)`],
    ["a connection string's services", "process.env.DATABASE_URL"],
  ])("%s", async (_, source) => {
    const name = "collected";
    const ended = await run(
      `${waitUntilCollected(name)}
      const use = async () => {
        const service = environmentService(${source}, { applicationName: "${name}", idleTimeout: 0 });
        await service.getById(someId);
        return open();
      };
      (async () => {
        console.log(await use());
        console.log(await collected());
        await watcher.end();
      })();`,
      { nodeFlags: ["--expose-gc"] },
    );
    expectFine(ended);
    expect(ended.stdout).toBe("1\n0\n");
  });

  it("what AsyncLocalStorage held for the first call, while the pool is open", async () => {
    const ended = await run(
      `const { AsyncLocalStorage } = require("node:async_hooks");
      const { setTimeout: pause } = require("node:timers/promises");
      const service = environmentService(process.env.DATABASE_URL);
      const storage = new AsyncLocalStorage();
      const request = (store) => storage.run(store, async () => void (await service.getById(someId)));
      (async () => {
        let store;
        await (() => {
          const held = {};
          store = new WeakRef(held);
          return request(held);
        })();
        for (let n = 0; n < 200 && store.deref(); n++) {
          // Only then: a reference that was just followed holds its object until the end of the job.
          await pause(10);
          globalThis.gc();
        }
        console.log(store.deref() === undefined, service.stats().connections.open);
        await service.close();
      })();`,
      { nodeFlags: ["--expose-gc"] },
    );
    expectFine(ended);
    expect(ended.stdout).toBe("true 1\n");
  });

  it("but not while a service, or a method of one, is held", async () => {
    const name = "held";
    const ended = await run(
      `${waitUntilCollected(name)}
      (async () => {
        const { getById } = environmentService(process.env.DATABASE_URL, { applicationName: "${name}", idleTimeout: 0 });
        await getById(someId);
        for (let n = 0; n < 10; n++) {
          globalThis.gc();
          await pause(10);
        }
        console.log(await open());
        console.log(await getById(someId));
        await watcher.end();
      })();`,
      { nodeFlags: ["--expose-gc"] },
    );
    expectFine(ended);
    expect(ended.stdout).toBe("1\nnull\n");
  });
});

it("a process that has ended leaves no connection behind", async () => {
  const ended = await run(`
    const service = environmentService(undefined, { applicationName: "ended" });
    service.getById(someId).then(() => console.log("done"));`);
  expectFine(ended);
  await until("its connections are gone", async () => (await connections.count("ended")) === 0);
});

describe("a write that was given up by its signal", () => {
  /** Replaces every timer of the process before the service is there: what waits for one waits for ever. */
  const MOCKED: Record<string, string> = {
    "no timers mocked": "",
    "the global timers replaced": `
      for (const name of ["setTimeout", "setInterval", "setImmediate"]) globalThis[name] = () => ({ ref() {}, unref() {} });
      for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) globalThis[name] = () => {};`,
    "the timers of node:timers replaced": `
      const timers = require("node:timers");
      for (const name of ["setTimeout", "setInterval", "setImmediate"]) timers[name] = globalThis[name] = () => ({ ref() {}, unref() {} });
      require("node:timers/promises").setTimeout = () => new Promise(() => {});`,
    "the mocked timers of node:test": `
      require("node:test").mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate"] });`,
  };

  /** Runs a program that is to wait for the row `id`, and lets go of the row a while after it has printed ABORT_ERR. */
  async function whileRowIsLocked(mocks: string, program: (id: string) => string, heldFor: number) {
    const id = await seed.environment(await seed.company());
    let tellAborted = () => {};
    const aborted = new Promise<void>((resolve) => (tellAborted = resolve));
    let ended: Promise<Ended> | undefined;
    let unlocked = 0;
    let answered = 0;
    await sql.begin(async (lock) => {
      await lock`select 1 from environments where id = ${id} for update`;
      ended = runChild(`${mocks} ${PRELUDE} (async () => { ${program(id)} })();`, {
        env: { DATABASE_URL: url },
        nodeFlags: ["--no-warnings"],
        onOutput: (stdout) => {
          if (stdout.includes("ABORT_ERR")) tellAborted();
          if (stdout.includes("next")) answered ||= performance.now();
        },
      });
      await Promise.race([aborted, ended]);
      await pause(heldFor);
      unlocked = performance.now();
    });
    return { id, ended: (await ended) as Ended, waited: answered - unlocked };
  }

  const giveUp = (id: string) => `
    const service = environmentService();
    const controller = new AbortController();
    await service.getById(someId);
    const first = service.update("${id}", { name: "first" }, { signal: controller.signal });
    // Sent by then, and waiting for the row.
    for (let n = 0; n < 20; n++) await service.getById(someId);
    controller.abort();
    first.catch(({ code }) => console.log(code));`;

  const mocked = Object.entries(MOCKED);

  it.each(mocked)("the row's next write goes through once the row is free: %s", async (_, mocks) => {
    const { id, ended, waited } = await whileRowIsLocked(
      mocks,
      (id) => `${giveUp(id)}
        const row = await service.update("${id}", { description: "next" });
        console.log(row.name, row.description);
        await service.close();
        console.log("closed");`,
      300,
    );
    expectFine(ended);
    expect(ended.stdout).toMatch(/^ABORT_ERR\nfirst next\nclosed\n$/);
    expect(waited).toBeLessThan(1_000);
    expect(ended.lingered).toBeLessThan(500);
    const [row] = await sql<{ description: string }[]>`select description from environments where id = ${id}`;
    expect(row).toEqual({ description: "next" });
  });

  it.each(mocked)("the process ends as soon as the service is closed: %s", async (_, mocks) => {
    const { ended } = await whileRowIsLocked(
      mocks,
      (id) => `${giveUp(id)}
        await first.catch(() => {});
        await service.close();
        console.log("closed");`,
      1_000,
    );
    expectFine(ended);
    expect(ended.stdout).toBe("ABORT_ERR\nclosed\n");
    expect(ended.lingered).toBeLessThan(500);
  });

  it("the process ends by itself, with nothing left to wait for", async () => {
    const { ended } = await whileRowIsLocked("", giveUp, 300);
    expectFine(ended);
    expect(ended.stdout).toBe("ABORT_ERR\n");
    // Until the row is free its statement may go on.
    expect(ended.lingered).toBeLessThan(300 + 500);
  });
});
