// Rounds whose every answer is known beforehand.

import { expect } from "vitest";

import type { EnvironmentService } from "../../addon/support/addon.js";
import { goRound, type Caller } from "../../support/round.mjs";
import type { Seed } from "../../support/seed.js";

export function seedCallers(seed: Seed, count: number): Promise<Caller[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const companyId = await seed.company();
      return { companyId, runId: await seed.run(companyId) };
    }),
  );
}

/** Goes a round, and compares each answer with the only right one. */
export async function checkedRound(service: EnvironmentService, caller: Caller): Promise<void> {
  const { companyId, runId } = caller;
  const answers = await goRound(service, caller);
  const { local, made, first, second, changed } = answers;
  expect(local).toMatchObject({ companyId, driver: "local" });
  expect(made).toMatchObject({ companyId, name: runId, config: { runId } });

  const lease = { companyId, environmentId: made.id, heartbeatRunId: runId, status: "active" };
  expect(first).toMatchObject({ ...lease, provider: "first" });
  expect(second).toMatchObject({ ...lease, provider: "second" });
  expect(answers.seen).toEqual(made);
  expect(answers.listed).toEqual([made]);

  const metadata = { of: first.id };
  expect(changed).toMatchObject({ id: first.id, metadata, status: "active" });
  expect(answers.ended).toMatchObject({ id: second.id, status: "failed", failureReason: second.id });
  expect(answers.updated).toMatchObject({ id: made.id, description: made.id, name: runId });
  expect(answers.lease).toEqual(changed);
  expect(answers.active).toEqual([changed]);

  expect(answers.released).toMatchObject([{ id: first.id, status: "expired", metadata }]);
  expect(answers.removed).toMatchObject({ id: made.id, description: made.id });
  expect(answers.gone).toBeNull();
  expect(answers.left).toEqual([local]);
  expect(answers.removedLocal).toEqual(local);
}
