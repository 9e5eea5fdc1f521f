/** The providers' processes: all alive during the run, one at work at a time. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @typedef {import("../providers/provider.mjs").Generation} Generation */
/** @typedef {import("./worker.mjs").CheckJob} CheckJob */
/** @typedef {import("./worker.mjs").MeasureJob} MeasureJob */
/** @typedef {import("./worker.mjs").Job} Job */
/** @typedef {import("./worker.mjs").Reply} Reply */
/** @typedef {import("./slice.mjs").Figures} Figures */

/**
 * @typedef {object} Applicant
 * @property {string} name
 * @property {string} provider its name, or the folder of another build; see providers/index.mjs
 * @property {NodeJS.ProcessEnv} [env] of its process
 */

/**
 * @typedef {object} Crew
 * @property {(name: string, milliseconds: number) => Promise<void>} warmUp
 * @property {(name: string, job: Omit<CheckJob, "job">) => Promise<unknown[]>} check
 * @property {(name: string, job: Omit<MeasureJob, "job">) => Promise<Figures>} measure
 * @property {() => Promise<void>} dismiss
 */

const PROGRAM = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** @param {string} name of a provider */
export const applicationName = (name) => `bench ${name}`;

/**
 * @param {Applicant[]} applicants
 * @param {Generation} generation
 * @param {(name: string) => string} urlOf
 * @returns {Promise<Crew>}
 */
export async function hire(applicants, generation, urlOf) {
  const members = new Map(
    applicants.map((applicant) => [applicant.name, new Member(applicant, generation, urlOf(applicant.name))]),
  );
  await Promise.all([...members.values()].map((each) => each.ready));
  const member = (/** @type {string} */ name) => {
    const found = members.get(name);
    if (!found) throw new Error(`${name} is not of this crew.`);
    return found;
  };
  return {
    warmUp: async (name, milliseconds) => {
      await member(name).ask({ job: "warm up", milliseconds });
    },
    check: async (name, job) => /** @type {unknown[]} */ (await member(name).ask({ job: "check", ...job })),
    measure: async (name, job) => /** @type {Figures} */ (await member(name).ask({ job: "measure", ...job })),
    dismiss: async () => {
      await Promise.all([...members.values()].map((each) => each.dismiss()));
    },
  };
}

class Member {
  #name;
  #child;
  #ended;
  /** @type {{ resolve: (answer: unknown) => void, reject: (reason: Error) => void } | null} */
  #asked = null;

  /** @param {Applicant} applicant @param {Generation} generation @param {string} url */
  constructor({ name, provider, env }, generation, url) {
    this.#name = name;
    this.#child = fork(PROGRAM, [provider, generation, url, applicationName(name)], {
      // Not JSON, in which dates and buffers would look like something else.
      serialization: "advanced",
      execArgv: [],
      ...(env && { env }),
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
    if ("error" in reply) asked?.reject(new Error(`${this.#name}: ${reply.error}`));
    else asked?.resolve(reply.answer);
  }
}
