import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** A server that may refuse logins in PostgreSQL's own words, and else is the real one. */
export interface Front {
  /** The real server's address, by way of this. */
  readonly url: string;
  /** Logins that were asked for so far. */
  readonly logins: number;
  /** From now on so many logins are refused with this SQLSTATE. */
  refuse(code: string, times?: number): void;
  /** Ends all connections. */
  cut(): void;
  close(): void;
}

/** Puts itself in front of the PostgreSQL server of `url`. */
export async function startFront(url: string): Promise<Front> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let logins = 0;
  let refusal = { code: "", times: 0 };

  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => {}).once("close", () => sockets.delete(client));
    const greet = (first: Buffer) => {
      if (isRequestForTls(first)) {
        client.write("N");
        client.once("data", greet);
        return;
      }
      logins += 1;
      if (refusal.times > 0) {
        refusal.times -= 1;
        client.end(errorResponse(refusal.code));
        return;
      }
      const upstream = connect(Number(target.port), target.hostname);
      upstream.on("error", () => client.destroy());
      client.once("close", () => upstream.destroy());
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    };
    client.once("data", greet);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: through.href,
    get logins() {
      return logins;
    },
    refuse(code, times = Infinity) {
      refusal = { code, times };
    },
    cut,
    close() {
      server.close();
      cut();
    },
  };
}

const TLS_REQUEST = 80877103;

function isRequestForTls(message: Buffer): boolean {
  return message.length === 8 && message.readInt32BE(4) === TLS_REQUEST;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
function errorResponse(code: string): Buffer {
  const fields = ["SFATAL", "VFATAL", `C${code}`, `Mrefused with ${code}`];
  const body = Buffer.from(`${fields.join("\0")}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
