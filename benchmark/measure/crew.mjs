/** The providers' processes: all alive during the run, one at work at a time. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @typedef {import("../providers/index.mjs").ProviderName} ProviderName */
/** @typedef {import("./worker.mjs").CheckJob} CheckJob */
/** @typedef {import("./worker.mjs").MeasureJob} MeasureJob */
/** @typedef {import("./worker.mjs").Job} Job */
/** @typedef {import("./worker.mjs").Reply} Reply */
/** @typedef {import("./slice.mjs").Figures} Figures */

/**
 * @typedef {object} Crew
 * @property {(provider: ProviderName, milliseconds: number) => Promise<void>} warmUp
 * @property {(provider: ProviderName, job: Omit<CheckJob, "job">) => Promise<unknown[]>} check
 * @property {(provider: ProviderName, job: Omit<MeasureJob, "job">) => Promise<Figures>} measure
 * @property {() => Promise<void>} dismiss
 */

const PROGRAM = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** @param {ProviderName} provider */
export const applicationName = (provider) => `bench ${provider}`;

/**
 * @param {readonly ProviderName[]} providers
 * @param {(provider: ProviderName) => string} urlOf
 * @returns {Promise<Crew>}
 */
export async function hire(providers, urlOf) {
  const members = new Map(providers.map((provider) => [provider, new Member(provider, urlOf(provider))]));
  await Promise.all([...members.values()].map((each) => each.ready));
  const member = (/** @type {ProviderName} */ name) => {
    const found = members.get(name);
    if (!found) throw new Error(`${name} is not of this crew.`);
    return found;
  };
  return {
    warmUp: async (provider, milliseconds) => {
      await member(provider).ask({ job: "warm up", milliseconds });
    },
    check: async (provider, job) =>
      /** @type {unknown[]} */ (await member(provider).ask({ job: "check", ...job })),
    measure: async (provider, job) =>
      /** @type {Figures} */ (await member(provider).ask({ job: "measure", ...job })),
    dismiss: async () => {
      await Promise.all([...members.values()].map((each) => each.dismiss()));
    },
  };
}

class Member {
  #provider;
  #child;
  #ended;
  /** @type {{ resolve: (answer: unknown) => void, reject: (reason: Error) => void } | null} */
  #asked = null;

  /** @param {ProviderName} provider @param {string} url */
  constructor(provider, url) {
    this.#provider = provider;
    this.#child = fork(PROGRAM, [provider, url, applicationName(provider)], {
      // Not JSON, in which dates and buffers would look like something else.
      serialization: "advanced",
      execArgv: [],
    });
    this.#child.on("message", (/** @type {Reply} */ reply) => this.#settle(reply));
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#settle({ error: `its process has ended (${signal ?? code})` });
        resolve(undefined);
      });
    });
    this.ready = this.#answer();
  }

  /** @param {Job} job */
  ask(job) {
    const answer = this.#answer();
    this.#child.send(job);
    return answer;
  }

  async dismiss() {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  /** @returns {Promise<unknown>} */
  #answer() {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  /** @param {Reply} reply */
  #settle(reply) {
    const asked = this.#asked;
    this.#asked = null;
    if ("error" in reply) asked?.reject(new Error(`${this.#provider}: ${reply.error}`));
    else asked?.resolve(reply.answer);
  }
}
