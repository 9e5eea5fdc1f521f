// Callers in this process and in others, which run the same program at the same time.

import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { EnvironmentService } from "../../support/provider.js";
import type { Answer, Order } from "./process.mjs";
import { programs, type Plan } from "./programs.mjs";

type Programs = typeof programs;
type Seen<P extends keyof Programs> = Awaited<ReturnType<Programs[P]>>;
type SharedPlan = Omit<Plan, "process">;

export interface Crew {
  /** What the callers of each process and each service saw. */
  run<P extends keyof Programs>(program: P, plan: SharedPlan): Promise<Seen<P>[]>;
  end(): Promise<void>;
}

/** These services, and so many processes beside this one. */
export async function gather(services: EnvironmentService[], url: string, processes: number): Promise<Crew> {
  const others = Array.from({ length: processes }, (_, n) => new OtherProcess(`other ${n}`, url));
  // Started, so that they begin together with this one.
  await Promise.all(others.map((other) => other.started));
  const runHere = <P extends keyof Programs>(
    service: EnvironmentService,
    n: number,
    program: P,
    plan: SharedPlan,
  ) => programs[program](service, { ...plan, process: `own ${n}` }) as Promise<Seen<P>>;
  return {
    run: (program, plan) =>
      Promise.all([
        ...others.map((other) => other.run(program, plan)),
        ...services.map((service, n) => runHere(service, n, program, plan)),
      ]),
    end: async () => void (await Promise.all(others.map((other) => other.end()))),
  };
}

const PROCESS = fileURLToPath(new URL("./process.mjs", import.meta.url));

class OtherProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<void>;
  readonly started: Promise<unknown>;
  #orders = 0;

  constructor(name: string, url: string) {
    this.#name = name;
    this.#child = fork(PROCESS, [url], { execArgv: [] });
    this.#child.on("message", (answer: Answer) => {
      this.#waiting.get(answer.number)?.(answer);
      this.#waiting.delete(answer.number);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => {
        for (const settle of this.#waiting.values())
          settle({ number: -1, failure: `${name} ended with ${code}` });
        resolve();
      });
    });
    this.started = this.#answer(0);
  }

  async run<P extends keyof Programs>(program: P, plan: SharedPlan): Promise<Seen<P>> {
    const number = ++this.#orders;
    const order: Order = { number, program, plan: { ...plan, process: this.#name } };
    const answer = this.#answer(number);
    this.#child.send(order);
    return (await answer) as Seen<P>;
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }

  async #answer(number: number): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve) => this.#waiting.set(number, resolve));
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer.seen;
  }
}
