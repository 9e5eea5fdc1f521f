import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * What becomes of the connection on which a statement is met:
 * - `cut before`: the server never gets the statement
 * - `cut after`: the server has done it, the client hears nothing of it
 * - `cut within`: the client gets the first half of the answer
 * - `hold`: the answer is kept back until `release()`
 * - `garble`: the client gets what the plan makes of the answer
 */
export type Fate = "cut before" | "cut after" | "cut within" | "hold" | "garble";

/** What a plan matches to meet the question whether the server is there: sqlx asks it by a lone Sync. */
export const PING = /^\(ping\)$/;
const PING_TEXT = "(ping)";

export interface Plan {
  /** Lets through what is held. */
  release(): void;
  /** How often the fate has come. */
  readonly met: number;
}

export interface PlanOptions {
  /** How often it comes; the first time unless told otherwise. */
  times?: number;
  /** How many such statements pass unharmed before each time. */
  skip?: number;
  /** What happens at the same moment, before the client can know of it. */
  then?: () => void;
  /** What the answer becomes where that is its fate, message by message. */
  garble?: (messages: Buffer[]) => Buffer[];
}

export interface Proxy {
  /** The server's address, by way of the proxy. */
  readonly url: string;
  readonly port: number;
  /** How a cut looks to the client: an orderly end, or a reset. */
  ending: "close" | "reset";
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that were ever accepted. */
  readonly accepted: number;
  /** Statements that match the pattern meet this fate. */
  plan(statement: RegExp, fate: Fate, options?: PlanOptions): Plan;
  /** Ends all connections. */
  cut(): void;
  /** From now on nobody listens, until `listen()`. */
  refuse(): void;
  /** From now on a new connection is accepted and gets no answer. */
  silence(): void;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** A proxy to the PostgreSQL server of `url`. It reads along, so that it can cut at a chosen statement. */
export async function startProxy(url: string): Promise<Proxy> {
  const target = new URL(url);
  const links = new Set<Link>();
  const plans: OpenPlan[] = [];
  let server: Server | null = null;
  let port = 0;
  let accepted = 0;
  let silent = false;

  const fateOf = (statement: string): OpenPlan | undefined => plans.find((plan) => plan.meets(statement));

  const proxy: Proxy = {
    ending: "close",
    get url() {
      const through = new URL(url);
      through.hostname = "127.0.0.1";
      through.port = String(port);
      return through.href;
    },
    get port() {
      return port;
    },
    get open() {
      return links.size;
    },
    get accepted() {
      return accepted;
    },
    plan(statement, fate, options = {}) {
      const plan = new OpenPlan(statement, fate, options);
      plans.push(plan);
      return plan;
    },
    cut() {
      for (const link of links) link.cut();
    },
    refuse() {
      server?.close();
      server = null;
    },
    silence() {
      silent = true;
    },
    async listen() {
      silent = false;
      if (server) return;
      const listening = createServer((client) => {
        accepted += 1;
        const upstream = silent ? null : connect(Number(target.port), target.hostname);
        const link = new Link(client, upstream, fateOf, () => proxy.ending);
        links.add(link);
        client.once("close", () => links.delete(link));
      });
      server = listening;
      await new Promise<void>((resolve, reject) => {
        listening.once("error", reject);
        listening.listen(port, "127.0.0.1", resolve);
      });
      port = (listening.address() as AddressInfo).port;
    },
    async close() {
      proxy.refuse();
      for (const link of links) link.cut();
    },
  };
  await proxy.listen();
  return proxy;
}

class OpenPlan implements Plan {
  met = 0;
  readonly then: () => void;
  readonly garble: (messages: Buffer[]) => Buffer[];
  #statement;
  #times;
  #skip;
  #passed = 0;
  #released = false;
  #held: (() => void)[] = [];

  constructor(
    statement: RegExp,
    readonly fate: Fate,
    { times = 1, skip = 0, then = () => {}, garble = (messages) => messages }: PlanOptions,
  ) {
    this.#statement = statement;
    this.#times = times;
    this.#skip = skip;
    this.then = then;
    this.garble = garble;
  }

  meets(statement: string): boolean {
    if (this.met === this.#times || !this.#statement.test(statement)) return false;
    if (this.#passed < this.#skip) {
      this.#passed += 1;
      return false;
    }
    this.#passed = 0;
    this.met += 1;
    return true;
  }

  hold(answer: () => void): void {
    if (this.#released) answer();
    else this.#held.push(answer);
  }

  release(): void {
    this.#released = true;
    for (const answer of this.#held.splice(0)) answer();
  }
}

/** One client's connection, and the proxy's own to the server. */
class Link {
  #client;
  #upstream;
  #fateOf;
  #ending;
  #fromClient = new Frames("untyped");
  #fromServer = new Frames("typed");
  /** SQL by the names of prepared statements, and these names by those of portals. */
  #statements = new Map<string, string>();
  #portals = new Map<string, string>();
  /** Whether anything was asked since the last Sync. */
  #asked = false;
  /** Answers that the server still owes. */
  #due = 0;
  #plan: { plan: OpenPlan; answersBefore: number } | null = null;
  /** The answer of a statement that has met its fate, as far as it has come. */
  #answer: Buffer[] = [];

  constructor(
    client: Socket,
    upstream: Socket | null,
    fateOf: (statement: string) => OpenPlan | undefined,
    ending: () => Proxy["ending"],
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#fateOf = fateOf;
    this.#ending = ending;
    client.setNoDelay(true);
    client.on("error", () => {});
    client.on("close", () => upstream?.destroy());
    if (!upstream) {
      client.resume();
      return;
    }
    upstream.setNoDelay(true);
    upstream.on("error", () => {});
    upstream.on("close", () => client.end());
    client.on("data", (data: Buffer) => this.#clientSays(data));
    upstream.on("data", (data: Buffer) => this.#serverSays(data));
  }

  cut(): void {
    this.#upstream?.destroy();
    if (this.#ending() === "reset") this.#client.resetAndDestroy();
    else this.#client.destroy();
  }

  #clientSays(data: Buffer): void {
    for (const frame of this.#fromClient.read(data)) {
      const plan = this.#note(frame);
      if (plan) plan.then();
      if (plan?.fate === "cut before") return this.cut();
      this.#upstream?.write(frame.bytes);
    }
  }

  /** Keeps in mind what is asked of the server; the plan, if a statement meets one. */
  #note({ type, bytes }: Frame): OpenPlan | undefined {
    const [first = "", second = ""] = texts(bytes);
    let sql: string | undefined;
    // Parse, Bind, Describe, Execute, Close: what a Sync may stand behind.
    if ("PBDEC".includes(type)) this.#asked = true;
    switch (type) {
      case "startup": {
        const code = bytes.readInt32BE(4);
        if (code === SSL_REQUEST || code === GSS_REQUEST) this.#fromServer.expectByte();
        else {
          this.#fromClient.mode = "typed";
          this.#due += 1;
        }
        return undefined;
      }
      case "P":
        this.#statements.set(first, second);
        return undefined;
      case "B":
        this.#portals.set(first, second);
        return undefined;
      case "S":
        if (!this.#asked) sql = PING_TEXT;
        this.#asked = false;
        break;
      case "E":
        sql = this.#statements.get(this.#portals.get(first) ?? "");
        break;
      case "Q":
        sql = first;
        break;
    }
    const plan = sql === undefined ? undefined : this.#fateOf(sql);
    if (plan) this.#plan = { plan, answersBefore: this.#due };
    if (type === "Q" || type === "S") this.#due += 1;
    return plan;
  }

  #serverSays(data: Buffer): void {
    for (const frame of this.#fromServer.read(data)) {
      if (!this.#plan) this.#client.write(frame.bytes);
      else this.#answer.push(frame.bytes);
      if (frame.type !== "Z") continue;
      this.#due -= 1;
      if (!this.#plan) continue;
      if (this.#plan.answersBefore === 0) this.#settle(this.#plan.plan);
      else this.#plan.answersBefore -= 1;
    }
  }

  /** The server has done what it was told. */
  #settle(plan: OpenPlan): void {
    const messages = this.#answer;
    const answer = Buffer.concat(messages);
    this.#answer = [];
    this.#plan = null;
    if (plan.fate === "cut after") this.cut();
    else if (plan.fate === "cut within") {
      this.#client.write(answer.subarray(0, answer.length / 2), () => this.cut());
    } else if (plan.fate === "garble") this.#client.write(Buffer.concat(plan.garble(messages)));
    else plan.hold(() => this.#client.write(answer));
  }
}

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

interface Frame {
  type: string;
  bytes: Buffer;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
class Frames {
  #rest: Buffer = Buffer.alloc(0);
  #bareBytes = 0;

  constructor(public mode: "typed" | "untyped") {}

  /** The next byte is an answer of its own: whether the server encrypts. */
  expectByte(): void {
    this.#bareBytes += 1;
  }

  *read(data: Buffer): Generator<Frame> {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const head = this.mode === "typed" ? 1 : 0;
      let length: number;
      if (this.#bareBytes > 0 && this.#rest.length > 0) {
        this.#bareBytes -= 1;
        length = 1;
      } else {
        if (this.#rest.length < head + 4) return;
        length = head + this.#rest.readInt32BE(head);
        if (this.#rest.length < length) return;
      }
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = length === 1 ? "byte" : head === 0 ? "startup" : String.fromCharCode(bytes[0] ?? 0);
      yield { type, bytes };
    }
  }
}

/** The two texts that a message begins with, as far as it has them. */
function texts(bytes: Buffer): string[] {
  return bytes.subarray(5).toString("utf8").split("\0", 2);
}
