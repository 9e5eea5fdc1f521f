import { lookup } from "node:dns/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";

import pg from "pg";
import postgres from "postgres";
import { afterEach, describe, expect, it } from "vitest";

import { rejection } from "../support/errors.js";
import { startSuite, unknownId } from "../support/suite.js";
import {
  environmentService,
  type EnvironmentService,
  type EnvironmentServiceOptions,
  type EnvironmentServiceSource,
} from "./support/addon.js";

const { url } = await startSuite();
const PASSWORD = "correct-horse-battery";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function service(
  source: EnvironmentServiceSource,
  options: EnvironmentServiceOptions = {},
): EnvironmentService {
  const service = environmentService(source, options);
  cleanups.push(() => service.close());
  return service;
}

/** The port of a TCP server that does with a connection what it is told. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const at = (host: string, port: number): string => `postgres://u:${PASSWORD}@${host}:${port}/db`;

async function theCallersOwnFunction(each: EnvironmentService): Promise<unknown> {
  return await each.getById(unknownId());
}

/** What holds for every connection error. */
async function failureOf(each: EnvironmentService): Promise<Error & Record<string, unknown>> {
  const error = await rejection(theCallersOwnFunction(each));
  expect(error.constructor).toBe(Error);
  expect(error.name).toBe("Error");
  expect(error.stack).toContain("theCallersOwnFunction");
  expectNoSecret(error);
  return error;
}

function expectNoSecret(error: Error): void {
  for (const text of [
    error.message,
    String(error.stack),
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
  ]) {
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toMatch(/postgres(ql)?:\/\//);
  }
}

describe("a server that cannot be reached", () => {
  it("ECONNREFUSED: nobody listens", async () => {
    const port = await closedPort();
    expect(await failureOf(service(at("127.0.0.1", port)))).toMatchObject({
      code: "ECONNREFUSED",
      address: "127.0.0.1",
      port,
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it("ECONNREFUSED, whatever kind of source said where", async () => {
    const port = await closedPort();
    const parts = { host: "127.0.0.1", port, user: "u", password: PASSWORD, database: "db" };
    const [client, pool] = [postgres(parts), new pg.Pool(parts)];
    cleanups.push(
      () => client.end({ timeout: 0 }),
      () => pool.end(),
    );
    for (const source of [
      new URL(at("127.0.0.1", port)),
      client,
      pool,
      { connectionString: at("127.0.0.1", port) },
      { connectionString: `postgres://u@127.0.0.1:${port}/db`, password: () => PASSWORD },
    ]) {
      expect(await failureOf(service(source))).toMatchObject({
        code: "ECONNREFUSED",
        address: "127.0.0.1",
        port,
      });
    }
  });

  it("ENOTFOUND: nobody knows the host", async () => {
    const host = "name.invalid";
    // Without any name server, the system itself says something else.
    const known = await lookup(host).catch((error: NodeJS.ErrnoException) => error.code);
    const error = await failureOf(service(at(host, 5432)));
    expect(["ENOTFOUND", known]).toContain(error["code"]);
    expect(error).toMatchObject({ address: host, port: 5432 });
    expect(error.message).toContain(host);
  });

  it.each([
    ["options", (port: number) => service(at("127.0.0.1", port), { connectTimeout: 300 })],
    [
      "pg",
      (port: number) => {
        const pool = new pg.Pool({ connectionString: at("127.0.0.1", port), connectionTimeoutMillis: 300 });
        cleanups.push(() => pool.end());
        return service(pool);
      },
    ],
  ] as const)("CONNECT_TIMEOUT: nobody answers for as long as connectTimeout of the %s", async (_, make) => {
    const port = await listen(() => {});
    const start = performance.now();
    const error = await failureOf(make(port));
    const taken = performance.now() - start;
    expect(error).toMatchObject({
      code: "CONNECT_TIMEOUT",
      address: "127.0.0.1",
      port,
      message: `connect CONNECT_TIMEOUT 127.0.0.1:${port}`,
    });
    expect(taken).toBeGreaterThan(250);
    expect(taken).toBeLessThan(1_500);
  });

  it("CONNECTION_CLOSED or ECONNRESET: the server hangs up at once", async () => {
    const orderly = await listen((socket) => socket.on("data", () => socket.end()));
    expect(await failureOf(service(at("127.0.0.1", orderly)))).toMatchObject({
      code: "CONNECTION_CLOSED",
      address: "127.0.0.1",
      port: orderly,
      message: expect.stringContaining(`127.0.0.1:${orderly}`),
    });
    const harsh = await listen((socket) => socket.on("data", () => socket.resetAndDestroy()));
    expect(await failureOf(service(at("127.0.0.1", harsh)))).toMatchObject({
      code: "ECONNRESET",
      port: harsh,
    });
  });

  it("PROTOCOL_VIOLATION: what answers is no PostgreSQL", async () => {
    const port = await listen((socket) =>
      socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const error = await failureOf(service(at("127.0.0.1", port), { connectTimeout: 1_000 }));
    expect(["PROTOCOL_VIOLATION", "CONNECTION_CLOSED"]).toContain(error["code"]);
    expect(error).toMatchObject({ address: "127.0.0.1", port });
  });

  it("ENOENT: there is no such socket", async () => {
    const directory = path.join(tmpdir(), "no-such-directory");
    const error = await failureOf(
      service(`postgres://u:${PASSWORD}@/db?host=${encodeURIComponent(directory)}&port=5433`),
    );
    expect(error).toMatchObject({ code: "ENOENT", address: directory, port: 5433 });
    expect(error.message).toContain(`${directory}/.s.PGSQL.5433`);
  });

  it("a server that insists on nothing, but has no TLS where TLS is asked for", async () => {
    const target = new URL(url);
    target.searchParams.set("sslmode", "require");
    const error = await failureOf(service(target));
    expect(error).toMatchObject({
      code: "TLS_NOT_SUPPORTED",
      address: target.hostname,
      port: Number(target.port),
    });
  });
});

describe("an error at the login", () => {
  it("says nothing of the password", async () => {
    const target = new URL(url);
    target.password = PASSWORD;
    const error = await rejection(theCallersOwnFunction(service(target)));
    expect(error).toMatchObject({ name: "PostgresError", code: "28P01" });
    expect(error.stack).toContain("theCallersOwnFunction");
    expectNoSecret(error);
  });
});

describe("what is inspected holds no password", () => {
  it("neither the service nor the refusal of a source", async () => {
    expect(inspect(service(at("127.0.0.1", 1)), { depth: 10, showHidden: true })).not.toContain(PASSWORD);
    for (const bad of [
      `mysql://u:${PASSWORD}@h/db`,
      `postgres://u:${PASSWORD}@h:port/db`,
      `postgres://u:${PASSWORD}@h/db?sslmode=what`,
    ]) {
      const refused = service(bad);
      expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
      const refusal = await rejection(refused.getById(unknownId()));
      expect(refusal).toBeInstanceOf(TypeError);
      expect(inspect(refusal, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
    }
  });
});

it("the calls that wait for one connection each get an error of their own", async () => {
  const each = service(at("127.0.0.1", await closedPort()));
  const errors = await Promise.all(Array.from({ length: 20 }, () => rejection(each.getById(unknownId()))));
  expect(new Set(errors).size).toBe(20);
  for (const error of errors) expect(error["code"]).toBe("ECONNREFUSED");
});
