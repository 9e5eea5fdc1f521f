// Plays a history on both sides and compares them after every step.

import { vi } from "vitest";

import { orderedLikeTheirs, releasedInAnyOrder, unexpectedInAnyOrder } from "./order.js";
import { asTheOriginalIsAsked, ownRejections } from "./expected.js";
import {
  differenceFromOwn,
  differenceOfOutcomes,
  startCall,
  withoutFailingRow,
  type Outcome,
} from "./outcome.js";
import { isByCompany } from "../support/generation.js";
import { resolve, type Call, type History, type Known, type Step } from "./step.js";
import { knownAtStart, type World } from "./world.js";

/** The tables into which methods put new rows. */
const INSERTS: Partial<Record<Call["method"], "environment" | "lease">> = {
  create: "environment",
  createInTransaction: "environment",
  ensureLocalEnvironment: "environment",
  ensureManagedSandboxEnvironment: "environment",
  ensureKubernetesEnvironment: "environment",
  acquireLease: "lease",
  insertPendingCleanupLease: "lease",
};

const TABLES = { environment: "environments", lease: "environment_leases" };

export class Player {
  readonly #ours;
  readonly #theirs;
  /** The ids that their rows had at first: a call made at once with the one that made the row has seen those. */
  readonly #renamed = new Map<string, string>();
  /** Calls and changes made so far, by all histories. */
  steps = 0;
  /** How many calls of each method came to something: neither an error nor nothing. */
  readonly fruitful = new Map<Call["method"], number>();

  constructor(ours: World, theirs: World) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  /** Throws an Error that says which step differs, and how. */
  async play({ start, steps }: History): Promise<void> {
    const known = knownAtStart();
    this.#renamed.clear();
    await Promise.all([this.#ours.reset(), this.#theirs.reset()]);
    let now = Date.parse(start);
    for (const [index, step] of steps.entries()) {
      now += step.tick;
      vi.setSystemTime(now);
      const found = await this.#step(step, known);
      if (found !== null) throw new Error(`step ${index}: ${found}`);
    }
    await this.#compareTables();
  }

  async #step(step: Step, known: Known): Promise<string | null> {
    if ("calls" in step) {
      this.steps += step.calls.length;
      return this.#calls(step.calls, known);
    }
    this.steps += 1;
    return this.#tamper(step.sql, step.parameters, known);
  }

  async #tamper(sql: string, parameters: unknown[], known: Known): Promise<string | null> {
    const values = parameters.map((value) => resolve(value, known)) as string[];
    const [ours, theirs] = await Promise.all(
      [this.#ours, this.#theirs].map((world) =>
        world.sql.unsafe(sql, values).then(
          (rows): Outcome => ({ value: rows.count }),
          (error: unknown): Outcome => ({ error }),
        ),
      ),
    );
    return differenceOfOutcomes(ours as Outcome, theirs as Outcome);
  }

  async #calls(calls: Call[], known: Known): Promise<string | null> {
    // Each side gets arguments of its own; what one does to them must not reach the other.
    const materialise = () =>
      calls.map(({ method, args }) => ({ method, args: args.map((arg) => resolve(arg, known)) }));
    const own = materialise().map(ownRejections);
    const pending = materialise().map((call) => startCall(this.#ours.service, call));
    const theirs: (Outcome | null)[] = [];
    for (const [index, call] of materialise().entries()) {
      // Where the addon refuses on purpose, it writes nothing; the original is left alone, so that it writes nothing either.
      const asked = refuses(own[index]) ? null : asTheOriginalIsAsked(call);
      theirs.push(
        asked && (await this.#theirs.repairing(asked, () => startCall(this.#theirs.service, asked))),
      );
    }
    const ours = await Promise.all(pending);

    for (const [index, outcome] of ours.entries()) {
      const call = calls[index] as Call;
      const refused = own[index] as ReturnType<typeof ownRejections>;
      const other = theirs[index] ?? null;
      if (cameToSomething(outcome)) this.fruitful.set(call.method, (this.fruitful.get(call.method) ?? 0) + 1);
      const found =
        other === null
          ? differenceFromOwn(outcome, refused)
          : await this.#compare(call, outcome, other, known);
      const told = found ?? (await this.#compareLogs());
      if (told !== null)
        return `${call.method}${calls.length > 1 ? ` (call ${index} of ${calls.length} at once)` : ""}: ${told}`;
    }
    return null;
  }

  async #compare({ method }: Call, ours: Outcome, theirs: Outcome, known: Known): Promise<string | null> {
    const kind = INSERTS[method];
    if (kind && "value" in ours && "value" in theirs && ours.value && theirs.value) {
      const [own, other] = [rowIn(ours.value), rowIn(theirs.value)];
      await this.#giveSameId(TABLES[kind], own, other);
      if (!known[kind].includes(own.id)) known[kind].push(own.id);
    }
    if (method === "archiveManagedSandboxEnvironment") await this.#giveSameToken(ours, theirs);
    if (OPEN_ORDER.has(method)) [ours, theirs] = [sorted(ours), sorted(theirs)];
    const found = differenceOfOutcomes(ours, theirs);
    if (found === null) return null;
    // Where the contract leaves an order open, what differs in that alone is the same.
    if (method === "releaseLeasesForRun") {
      ours = releasedInAnyOrder(withoutFailingRow(ours), withoutFailingRow(theirs));
    } else if (method === "list")
      ours = await orderedLikeTheirs(this.#theirs.sql, "environments", ours, theirs);
    else if (method === "listLeases")
      ours = await orderedLikeTheirs(this.#theirs.sql, "environment_leases", ours, theirs);
    if (await unexpectedInAnyOrder(this.#theirs.sql, method, ours, theirs)) return null;
    return differenceOfOutcomes(ours, theirs);
  }

  /** A new row has an id of its own on each side; from here on it is the same. */
  async #giveSameId(table: string, ours: { id: string }, theirs: { id: string }): Promise<void> {
    const given = this.#renamed.get(theirs.id);
    if (given !== undefined) theirs.id = given;
    if (ours.id === theirs.id) return;
    const { count } = await this.#theirs.sql.unsafe(`update ${table} set id = $1 where id = $2`, [
      ours.id,
      theirs.id,
    ]);
    if (count !== 1) return;
    if (!isByCompany && table === TABLES.environment) {
      await this.#theirs.sql.unsafe(
        "update built_in_managed_resources set resource_id = $1 where resource_id = $2",
        [ours.id, theirs.id],
      );
    }
    this.#theirs.rename(theirs.id, ours.id);
    this.#renamed.set(theirs.id, ours.id);
    theirs.id = ours.id;
  }

  /** The same for the token that an archiving leaves. */
  async #giveSameToken(ours: Outcome, theirs: Outcome): Promise<void> {
    if (!("value" in ours && "value" in theirs && ours.value && theirs.value)) return;
    const [own, other] = [ours, theirs].map(
      ({ value }) => (value as { metadata: Record<string, string> }).metadata,
    ) as [Record<string, string>, Record<string, string>];
    const [token, given] = [own[TOKEN], other[TOKEN]];
    for (const [table, column] of [
      ["environments", "metadata"],
      ["built_in_managed_resources", "defaults_json"],
    ]) {
      await this.#theirs.sql.unsafe(
        `update ${table} set ${column} = ${column} || jsonb_build_object('${TOKEN}', $1::text)
         where ${column} ->> '${TOKEN}' = $2`,
        [token as string, given as string],
      );
    }
    if (token !== undefined && given !== undefined) other[TOKEN] = token;
  }

  /** What both servers were told through `logActivity` since the last time. */
  async #compareLogs(): Promise<string | null> {
    const [ours, theirs] = [this.#ours.takeLog(), this.#theirs.takeLog()];
    return differenceOfOutcomes({ value: ours }, { value: theirs });
  }

  async #compareTables(): Promise<void> {
    const [ours, theirs] = await Promise.all([this.#ours.snapshot(), this.#theirs.snapshot()]);
    const found = differenceOfOutcomes({ value: ours }, { value: theirs });
    if (found !== null) throw new Error(`the tables at the end: ${found}`);
  }
}

const TOKEN = "_paperclipManagedArchiveToken";

/** The contract leaves the order of what these resolve to open. */
const OPEN_ORDER = new Set(["listBoundCompanyIds", "getDeleteBlastRadius"]);

/** With arrays in one order. */
function sorted(outcome: Outcome): Outcome {
  if (!("value" in outcome)) return outcome;
  const inOrder = (list: unknown[]) =>
    [...list].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
  const { value } = outcome;
  if (Array.isArray(value)) return { value: inOrder(value) };
  if (value === null) return outcome;
  const { reusableSandboxLeaseHolders, ...rest } = value as Record<string, unknown>;
  const holders = inOrder(reusableSandboxLeaseHolders as unknown[]);
  return { value: { ...rest, reusableSandboxLeaseHolders: holders } };
}

/** The row that a method resolves to, alone or as a member. */
function rowIn(value: unknown): { id: string } {
  const { environment } = value as { environment?: { id: string } };
  return environment ?? (value as { id: string });
}

function refuses(own: ReturnType<typeof ownRejections> | undefined): boolean {
  return own !== undefined && own.wrongTypes.length + own.unexpected.length > 0;
}

function cameToSomething(outcome: Outcome): boolean {
  if (!("value" in outcome) || outcome.value === null) return false;
  return !Array.isArray(outcome.value) || outcome.value.length > 0;
}
