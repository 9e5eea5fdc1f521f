/** The process behind `npm run bench:compare`, when both are built. */

import places from "../../src-js/addon/places.js";
import { onStage, say } from "../measure/stage.mjs";
import { takeTurns } from "../measure/turns.mjs";
import { OURS } from "../providers/index.mjs";
import { GENERATIONS } from "../providers/provider.mjs";
import { chooseRows, guarded } from "../rows.mjs";
import { onServer } from "../server.mjs";
import { readOptions } from "./options.mjs";
import { inText, ratiosOf, slower } from "./verdict.mjs";

const PACE = { rounds: 14, slice: 150, warmUp: 30, start: 300 };

await onServer(async (serverUrl) => {
  const options = readOptions(process.argv.slice(2));
  if ("refusal" in options || options.base === undefined) throw new Error("There is no base.");
  // What this build is to load is not for the base.
  const { [places.OVERRIDE]: _, ...env } = process.env;
  const crew = [
    { name: "ours", provider: "ours" },
    options.base.endsWith(".node")
      ? { name: "base", provider: OURS, env: { ...env, [places.OVERRIDE]: options.base } }
      : { name: "base", provider: options.base, env },
  ];

  const chosen = chooseRows(guarded, options.only);
  /** @type {{ row: string, measured: import("./verdict.mjs").Ratios[] }[]} */
  const found = [];
  for (const generation of GENERATIONS) {
    const itsRows = chosen.filter(({ work }) => work.generation === generation);
    if (itsRows.length === 0) continue;
    await onStage(serverUrl, generation, crew, PACE, async (stage) => {
      for (const row of itsRows) {
        say(row.name);
        const measure = async () => {
          const { base, ours } = await takeTurns(row, /** @type {const} */ (["base", "ours"]), stage);
          return ratiosOf(base, ours);
        };
        const measured = [await measure()];
        if (slower(measured).length > 0) measured.push(await measure());
        found.push({ row: row.name, measured });
      }
    });
  }
  console.log(inText(found));
  return found.some(({ measured }) => slower(measured).length > 0) ? 1 : 0;
});
