import { createServer, type AddressInfo, type Socket } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { startSuite } from "../support/suite.js";
import { runChild, type ChildOptions, type Ended } from "./support/child.js";
import { startProxy } from "./support/proxy.js";

// The peer may be another program, or a hostile one. Until it is authenticated, its messages must not exhaust the memory
// of the process. Each test has a process of its own, because it checks how that process ends.

const { url, sql, seed } = await startSuite();

/** Enough for Node and a service, and less than what the first bytes of other protocols announce as lengths. */
const ADDRESS_SPACE = 1_800_000;
const LONG = 10_000;
const ANY_ID = "00000000-0000-4000-8000-000000000000";
/** Long before `LONG`, and on a busy machine. */
const PROMPTLY = 4_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

type Peer = (socket: Socket) => void;

/** The address of a server that does to each connection what the peer does. */
async function listen(peer: Peer, sslmode: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).setNoDelay(true));
    peer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return `postgres://user:secret@127.0.0.1:${port}/database?sslmode=${sslmode}`;
}

interface Outcome {
  ended: Ended;
  code?: string;
  taken: number;
}

/** What becomes of a call, and of the process that makes it. */
async function call(at: string, connectTimeout = LONG, options: ChildOptions = {}): Promise<Outcome> {
  const ended = await runChild(
    `const { environmentService } = require("paperclip-environment-service");
     const service = environmentService(process.env.AT, { connectTimeout: ${connectTimeout} });
     const start = performance.now();
     const tell = (code) => console.log(JSON.stringify({ code, taken: performance.now() - start }));
     service.getById("${ANY_ID}").then(() => tell("resolved"), ({ code }) => tell(code));`,
    { ...options, env: { AT: at } },
  );
  return { ended, ...(JSON.parse(ended.stdout || '{"taken":0}') as { code?: string; taken: number }) };
}

const limitedCall = (at: string, connectTimeout?: number): Promise<Outcome> =>
  call(at, connectTimeout, { addressSpace: ADDRESS_SPACE });

function expectEnded({ ended }: Outcome): void {
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
}

const header = (type: string, length: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.write(type);
  bytes.writeUInt32BE(length, 1);
  return bytes;
};
const message = (type: string, body: Buffer): Buffer => Buffer.concat([header(type, body.length + 4), body]);
const authentication = (code: number, rest = ""): Buffer => {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(code);
  return message("R", Buffer.concat([body, Buffer.from(rest)]));
};

const ALL = 0xffffffff;
const OK = authentication(0);
const SASL = authentication(10, "SCRAM-SHA-256\0\0");
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);
const TLS_REQUEST = 80877103;

const isTlsRequest = (bytes: Buffer): boolean => bytes.length === 8 && bytes.readUInt32BE(4) === TLS_REQUEST;

/** Answers whatever comes first. */
const answering =
  (answer: string | Buffer, then: "and closes" | "and stays" = "and stays"): Peer =>
  (socket) =>
    void socket.once("data", () => (then === "and closes" ? socket.end(answer) : socket.write(answer)));

/** Speaks PostgreSQL at first: without TLS, and with these answers to the start-up message and to what follows it. */
const speaking =
  (...answers: Buffer[]): Peer =>
  (socket) => {
    const left = [...answers];
    socket.on("data", (bytes) => {
      if (isTlsRequest(bytes)) socket.write("N");
      else socket.write(left.shift() ?? Buffer.alloc(0));
    });
  };

it.runIf(process.platform === "linux")("with so little memory a call on a real server works", async () => {
  const outcome = await limitedCall(url);
  expectEnded(outcome);
  expect(outcome.code).toBe("resolved");
});

const NO_POSTGRES = /^PROTOCOL_VIOLATION$/;
/** It says yes when it is asked for TLS, or what may be taken for that. */
const NO_TLS = /^(PROTOCOL_VIOLATION|TLS_FAILED)$/;
const CLOSED = /^(PROTOCOL_VIOLATION|CONNECTION_CLOSED|ECONNRESET|EPIPE)$/;

const WITHOUT_TLS = ["disable"];
const MAYBE = ["disable", "prefer"];
const EVERY = ["disable", "prefer", "require"];
const WITH_TLS = ["prefer", "require"];

const PEERS: [what: string, modes: string[], code: RegExp, peer: Peer][] = [
  [
    "an SSH server's first line",
    WITHOUT_TLS,
    NO_POSTGRES,
    (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"),
  ],
  ["an SSH server's first line", WITH_TLS, NO_TLS, (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n")],
  [
    "a mail server's first line",
    EVERY,
    NO_POSTGRES,
    (socket) => void socket.write("220 mail.example.org ESMTP\r\n"),
  ],
  [
    "an HTTP server's answer",
    EVERY,
    NO_POSTGRES,
    answering("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "and closes"),
  ],
  ["a TLS server's alert", EVERY, NO_TLS, answering(TLS_ALERT, "and closes")],
  ["a TLS server's alert, and silence", EVERY, NO_TLS, answering(TLS_ALERT)],
  ["the end of the connection", EVERY, CLOSED, (socket) => void socket.end()],
  ["the end of the connection, when it is asked", EVERY, CLOSED, answering("", "and closes")],
  ...["R", "E", "H", "\0"].map((type): (typeof PEERS)[number] => [
    `a message of 4 GiB at first, of type ${JSON.stringify(type)}`,
    EVERY,
    NO_POSTGRES,
    answering(header(type, ALL)),
  ]),
  ["a message of 4 GiB at first, of type S", WITHOUT_TLS, NO_POSTGRES, answering(header("S", ALL))],
  ["a message of 4 GiB at first, of type N", WITHOUT_TLS, NO_POSTGRES, answering(header("N", ALL))],
  ...["R", "S", "E", "N", "K", "Z"].map((type): (typeof PEERS)[number] => [
    `a message of 4 GiB after the start-up message, of type ${type}`,
    MAYBE,
    NO_POSTGRES,
    speaking(header(type, ALL)),
  ]),
  [
    "an error message of 1 GiB after the start-up message",
    MAYBE,
    NO_POSTGRES,
    speaking(header("E", 0x40000000)),
  ],
  ["a message of 4 GiB amid SASL", MAYBE, NO_POSTGRES, speaking(SASL, header("R", ALL))],
  ["an error of 4 GiB amid SASL", MAYBE, NO_POSTGRES, speaking(SASL, header("E", ALL))],
  [
    "a message of 4 GiB behind the request for SASL",
    MAYBE,
    NO_POSTGRES,
    speaking(Buffer.concat([SASL, header("R", ALL)])),
  ],
  [
    "a message of 4 GiB behind the login",
    MAYBE,
    NO_POSTGRES,
    speaking(Buffer.concat([OK, header("S", ALL)])),
  ],
];

describe.runIf(process.platform === "linux")(
  "a peer that is no PostgreSQL server does not end the process",
  () => {
    const cases = PEERS.flatMap(([what, modes, code, peer]) =>
      modes.map((mode) => [what, mode, code, peer] as const),
    );

    it.each(cases)("%s, sslmode=%s", async (_, mode, code, peer) => {
      const outcome = await limitedCall(await listen(peer, mode));
      expectEnded(outcome);
      expect(outcome.code).toMatch(code);
      expect(outcome.taken).toBeLessThan(PROMPTLY);
    });

    it.each(EVERY)("silence, until connectTimeout is over, sslmode=%s", async (mode) => {
      const outcome = await limitedCall(await listen(() => {}, mode), 400);
      expectEnded(outcome);
      expect(outcome.code).toBe("CONNECT_TIMEOUT");
      expect(outcome.taken).toBeLessThan(PROMPTLY);
    });

    it("silence after a yes to TLS", async () => {
      const outcome = await limitedCall(await listen(answering("S"), "require"), 400);
      expectEnded(outcome);
      expect(outcome.code).toBe("CONNECT_TIMEOUT");
    });

    it("a message that never ends, byte by byte, until connectTimeout is over", async () => {
      const peer: Peer = (socket) => {
        const timer = setInterval(() => socket.write("x"), 20);
        socket.once("close", () => clearInterval(timer));
      };
      const outcome = await limitedCall(await listen(peer, "disable"), 1_000);
      expectEnded(outcome);
      expect(outcome.code).toMatch(/^(PROTOCOL_VIOLATION|CONNECT_TIMEOUT)$/);
    });
  },
);

describe("a message whose length is less than its length field's own is told in the error alone", () => {
  it.each([0, 1, 2, 3])("a length of %i after the start-up message", async (length) => {
    for (const type of ["R", "E", "S"]) {
      const outcome = await call(await listen(speaking(header(type, length)), "disable"), 1_000);
      expectEnded(outcome);
      expect(outcome.code).toBe("PROTOCOL_VIOLATION");
    }
  });

  it.each([0, 1, 2, 3])("a length of %i behind the login", async (length) => {
    const peer = speaking(Buffer.concat([OK, header("S", length)]));
    const outcome = await call(await listen(peer, "disable"), 1_000);
    expectEnded(outcome);
    expect(outcome.code).toBe("PROTOCOL_VIOLATION");
  });

  it.each(["D", "C", "Z"])("in the answer to a statement, in the place of %s", async (type) => {
    const proxy = await startProxy(url);
    cleanups.push(() => proxy.close());
    // So that the answer has a row.
    await sql`insert into environments (id, company_id, name) values (${ANY_ID}, ${await seed.company()}, 'n')`;
    cleanups.push(() => sql`delete from environments where id = ${ANY_ID}`);
    const garble = (messages: Buffer[]) =>
      messages.map((each) => (each[0] === type.charCodeAt(0) ? header(type, 2) : each));
    const plan = proxy.plan(/from environments/, "garble", { garble, times: Infinity });
    const outcome = await call(proxy.url, 300);
    expect(plan.met).toBeGreaterThan(0);
    expectEnded(outcome);
    expect(outcome.code).toMatch(/^(PROTOCOL_VIOLATION|INTERNAL_ERROR)$/);
  });
});
