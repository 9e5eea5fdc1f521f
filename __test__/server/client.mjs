// Requests to one server, and a record of its responses.

import { isDeepStrictEqual } from "node:util";

const ANSWER_LIMIT = 60_000;

/**
 * @typedef {object} Exchange
 * @property {string} request method and path
 * @property {number} status
 * @property {any} body
 */

export class Client {
  /** @type {Exchange[]} */
  record = [];

  /** @param {import("./paperclip-server.mjs").PaperclipServer} server */
  constructor(server) {
    this.server = server;
  }

  /**
   * Makes a request that belongs to the record.
   *
   * @param {number} expected the status
   * @param {string} request method and path
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer's body
   */
  async ask(expected, request, body) {
    const exchange = await this.#send(request, body);
    this.record.push(exchange);
    if (exchange.status !== expected) {
      throw new Error(
        `${request} was answered with ${exchange.status} instead of ${expected}: ${JSON.stringify(exchange.body)}`,
      );
    }
    return exchange.body;
  }

  /**
   * Reads without recording, for what changes while one waits.
   *
   * @param {string} path
   * @returns {Promise<any>}
   */
  async look(path) {
    const { status, body } = await this.#send(`GET ${path}`);
    if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /**
   * Makes the same reads again, and says which were answered differently.
   *
   * @param {Exchange[]} earlier
   * @returns {Promise<string[]>}
   */
  async again(earlier) {
    /** @type {string[]} */
    const changed = [];
    for (const { request, status, body } of earlier) {
      const now = await this.#send(request);
      this.record.push(now);
      if (now.status !== status || !isDeepStrictEqual(now.body, body)) changed.push(request);
    }
    return changed;
  }

  /** @param {string} request @param {unknown} [body] @returns {Promise<Exchange>} */
  async #send(request, body) {
    const [method = "", path = ""] = request.split(" ");
    const response = await fetch(this.server.url + path, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT),
    });
    const text = await response.text();
    return { request, status: response.status, body: asJson(text) };
  }
}

/** @param {string} text @returns {unknown} */
function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
