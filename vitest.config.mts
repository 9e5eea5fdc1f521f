import { configDefaults, defineConfig } from "vitest/config";

/** They need more than a clone has, or projects of their own: `npm run test:system`, `test:consumers`. */
const ELSEWHERE = [...configDefaults.exclude, "__test__/system/**", "__test__/consumers/**"];
/** What a second pass has no need of: `__test__/support/leave-out.mjs`. */
ELSEWHERE.push(...(process.env["LEAVE_OUT"]?.split(" ") ?? []));

/** Tests in a folder of a generation's name are about it; those in a folder `both` are about each of them. */
const TESTS = {
  "2026.427": {
    include: ["__test__/**/*.test.ts", "benchmark/test/*.test.ts"],
    exclude: ["__test__/**/2026.916/**"],
    alone: [
      "__test__/addon/*.test.ts",
      // They look at the whole server, and so at the connections of other tests.
      "__test__/command/*.test.ts",
      "__test__/maintenance/*.test.ts",
      "__test__/histories/**/*.test.ts",
    ],
  },
  "2026.916": {
    include: ["__test__/**/2026.916/**/*.test.ts", "__test__/**/both/**/*.test.ts"],
    exclude: [],
    alone: ["__test__/addon/2026.916/*.test.ts", "__test__/histories/{2026.916,both}/*.test.ts"],
  },
};

/** Two files at a time; afterwards one by one those that look at how long things take, or make the machine busy. */
const projects = Object.entries(TESTS).flatMap(([generation, { include, exclude, alone }]) => {
  const env = { GENERATION: generation };
  const [name, not] = [`paperclip-${generation}`, [...ELSEWHERE, ...exclude]];
  const together = { name, include, exclude: [...not, ...alone], maxWorkers: 2, sequence: { groupOrder: 0 } };
  const oneByOne = {
    ...{ name: `${name}-alone`, include: alone, exclude: not },
    ...{ maxWorkers: 1, sequence: { groupOrder: 1 } },
  };
  return [together, oneByOne].map((test) => ({ extends: true as const, test: { ...test, env } }));
});

export default defineConfig({
  test: {
    projects,
    globalSetup: ["__test__/support/global-setup.ts"],
    // Shows leaks between files that threads would hide, and a crash of the addon ends one file only.
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 60_000,
    server: {
      deps: {
        // The package is CommonJS and is loaded by node itself, as its users load it.
        external: [/\/index\.js$/, /\/src-js\//, /\.node$/],
      },
    },
  },
});
