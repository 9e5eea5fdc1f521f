import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** A way to the server on which a prepared statement may be another one when it is met again. */
export interface Swapping {
  /** The server's address, by way of this. */
  readonly url: string;
  /** How often statements were swapped so far. */
  readonly swaps: number;
  /**
   * In the moment before the next prepared statement is run, its session has this statement under that name instead:
   * what is to stand between `prepare name` and the end. None: the session has no prepared statements at all.
   */
  swapNext(prepared?: string): void;
  close(): void;
}

/**
 * Puts itself in front of the PostgreSQL server of `url`: as a pooler that hands each transaction to another session,
 * where another client has prepared statements of the same names.
 */
export async function startSwapping(url: string): Promise<Swapping> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let swaps = 0;
  let next: { prepared: string | undefined } | null = null;

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on("error", () => {});
    }
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());

    /** What the client has said while the swap is under way, and what the server has. */
    let held: Buffer[] | null = null;
    let answer = Buffer.alloc(0);
    client.on("data", (data) => {
      if (held) return void held.push(data);
      // The client waits for an answer before it speaks again, so that a message of its own begins here.
      if (!next || data[0] !== BIND) return void upstream.write(data);
      const { prepared } = next;
      [next, held, answer] = [null, [data], Buffer.alloc(0)];
      upstream.write(query(swap(statementOf(data), prepared)));
    });
    upstream.on("data", (data) => {
      if (!held) return void client.write(data);
      answer = Buffer.concat([answer, data]);
      for (let length = lengthOf(answer); length <= answer.length; length = lengthOf(answer)) {
        const type = answer[0];
        if (type === ERROR) return void client.destroy(new Error(answer.toString()));
        answer = answer.subarray(length);
        if (type !== READY) continue;
        swaps += 1;
        for (const message of held) upstream.write(message);
        held = null;
        return;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);

  return {
    url: through.href,
    get swaps() {
      return swaps;
    },
    swapNext(prepared) {
      next = { prepared };
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const [BIND, ERROR, READY] = [..."BEZ"].map((letter) => letter.charCodeAt(0));

function lengthOf(message: Buffer): number {
  return message.length < 5 ? Infinity : message.readInt32BE(1) + 1;
}

/** The name of the prepared statement that is to be run: the second text, behind that of the portal. */
function statementOf(bind: Buffer): string {
  return bind.subarray(5).toString("utf8").split("\0", 2)[1] ?? "";
}

function swap(name: string, prepared: string | undefined): string {
  const gone = "deallocate all";
  return prepared === undefined ? gone : `${gone}; prepare "${name}" ${prepared}`;
}

function query(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write("Q");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
