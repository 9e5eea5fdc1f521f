import { lookup } from "node:dns/promises";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { inspect } from "node:util";

import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterEach, describe, expect, inject, it } from "vitest";

import { rejection } from "../support/errors.js";
import { createService } from "../support/provider.js";
import * as schema from "../support/schema.mjs";
import { unknownId } from "../support/suite.js";
import { withDatabase } from "../support/url.js";

const PASSWORD = "correct-horse-battery";

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function serviceAt(url: string, options: postgres.Options<Record<string, never>> = {}) {
  const client = postgres(url, options);
  cleanups.push(() => client.end({ timeout: 0 }));
  return createService(drizzle(client, { schema }));
}

/** A server on a port of its own that does with a connection what it is told. */
async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

function expectNoSecret(error: Error) {
  const everything = inspect(error, { showHidden: true, depth: 8 });
  expect(everything).not.toContain(PASSWORD);
  expect(everything).not.toContain("postgres://");
}

describe("a connection that cannot be made", () => {
  it("rejects with ECONNREFUSED where nobody listens", async () => {
    const { server, port } = await listen(() => {});
    await new Promise((resolve) => server.close(resolve));
    const error = await rejection(
      serviceAt(`postgres://u:${PASSWORD}@127.0.0.1:${port}/db`).getById(unknownId()),
    );
    expect(error["code"]).toBe("ECONNREFUSED");
    expectNoSecret(error);
  });

  it("rejects with ENOTFOUND for a host that nobody knows", async () => {
    const host = "no-such-host.invalid";
    // Without any name server, the system itself gives another code.
    const known = await lookup(host).catch((error: NodeJS.ErrnoException) => error.code);
    const error = await rejection(serviceAt(`postgres://u:${PASSWORD}@${host}/db`).getById(unknownId()));
    expect(["ENOTFOUND", known]).toContain(error["code"]);
    expectNoSecret(error);
  });

  it("rejects with CONNECT_TIMEOUT where nobody answers", async () => {
    const { port } = await listen(() => {});
    const url = `postgres://u:${PASSWORD}@127.0.0.1:${port}/db`;
    const error = await rejection(serviceAt(url, { connect_timeout: 1 }).getById(unknownId()));
    expect(error["code"]).toBe("CONNECT_TIMEOUT");
    expectNoSecret(error);
  });

  it("rejects with what Postgres says about a database that does not exist", async () => {
    const error = await rejection(
      serviceAt(withDatabase(inject("serverUrl"), "no_such_database")).getById(unknownId()),
    );
    expect(error).toMatchObject({
      name: "PostgresError",
      code: "3D000",
      severity: "FATAL",
      message: 'database "no_such_database" does not exist',
    });
  });

  it("rejects with what Postgres says about a user that it does not let in", async () => {
    const url = new URL(inject("serverUrl"));
    url.username = "no_such_user";
    url.password = PASSWORD;
    const error = await rejection(serviceAt(url.href).getById(unknownId()));
    expect(error).toMatchObject({
      name: "PostgresError",
      code: expect.stringMatching(/^28/),
      severity: "FATAL",
    });
    expectNoSecret(error);
  });

  it("rejects every call that waits for it, each with an error of its own", async () => {
    const { server, port } = await listen(() => {});
    await new Promise((resolve) => server.close(resolve));
    const service = serviceAt(`postgres://u:${PASSWORD}@127.0.0.1:${port}/db`);
    const errors = await Promise.all(
      Array.from({ length: 8 }, () => rejection(service.getById(unknownId()))),
    );
    expect(new Set(errors.map((error) => error["code"]))).toEqual(new Set(["ECONNREFUSED"]));
  });
});
