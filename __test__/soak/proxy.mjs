// A TCP proxy that breaks the connections through it. It does not parse their data, so they break at any stage: during the
// login as well as in the middle of a row.

import { connect, createServer } from "node:net";

/**
 * What becomes of a connection, at the next bytes that pass:
 * - `before`: it is cut, and the server never gets what the client sends next
 * - `after`: the server gets it, and it is cut when the answer begins
 * - `within`: the client gets half of the next bytes of an answer
 * - `hold`: nothing passes any more, until it is cut
 *
 * @typedef {"before" | "after" | "within" | "hold"} Harm
 */

/** @typedef {import("node:net").Socket} Socket */

export class Proxy {
  #upstreamPort;
  /** @type {Set<Link>} */
  #links = new Set();
  #server = createServer((client) => this.#accept(client));
  accepted = 0;

  /** @param {number} upstreamPort */
  constructor(upstreamPort) {
    this.#upstreamPort = upstreamPort;
  }

  /** @returns {Promise<number>} its port */
  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
  }

  /** Open connections. */
  get links() {
    return [...this.#links];
  }

  close() {
    this.#server.close();
    for (const link of this.#links) link.cut(false);
  }

  /** @param {Socket} client */
  #accept(client) {
    this.accepted += 1;
    const link = new Link(client, connect(this.#upstreamPort, "127.0.0.1"));
    this.#links.add(link);
    client.once("close", () => this.#links.delete(link));
  }
}

export class Link {
  /** @type {Harm | null} */
  #harm = null;
  #reset = false;
  #client;
  #server;

  /** @param {Socket} client @param {Socket} server */
  constructor(client, server) {
    this.#client = client;
    this.#server = server;
    for (const socket of [client, server]) socket.setNoDelay(true).on("error", () => {});
    client.on("data", (bytes) => this.#clientSays(bytes)).on("close", () => server.destroy());
    server.on("data", (bytes) => this.#serverSays(bytes)).on("close", () => client.end());
  }

  /** @param {Harm} harm @param {boolean} reset whether the client sees a reset rather than an end */
  plan(harm, reset) {
    this.#harm = harm;
    this.#reset = reset;
  }

  /** @param {boolean} reset */
  cut(reset) {
    this.#server.destroy();
    if (reset) this.#client.resetAndDestroy();
    else this.#client.destroy();
  }

  /** @param {Buffer} bytes */
  #clientSays(bytes) {
    if (this.#harm === "before") this.cut(this.#reset);
    else if (this.#harm !== "hold") this.#server.write(bytes);
  }

  /** @param {Buffer} bytes */
  #serverSays(bytes) {
    if (this.#harm === "after") this.cut(this.#reset);
    else if (this.#harm === "within") {
      this.#client.write(bytes.subarray(0, bytes.length >> 1), () => this.cut(this.#reset));
    } else if (this.#harm !== "hold") this.#client.write(bytes);
  }
}
