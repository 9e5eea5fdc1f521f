import { configDefaults, defineConfig } from "vitest/config";

/** They need more than a clone has, or projects of their own: `npm run test:system`, `test:consumers`. */
const ELSEWHERE = [...configDefaults.exclude, "__test__/system/**", "__test__/consumers/**"];
/** What a second pass has no need of: `__test__/support/leave-out.mjs`. */
ELSEWHERE.push(...(process.env["LEAVE_OUT"]?.split(" ") ?? []));

/** Tests in a folder of a generation's name are about it; those in a folder `both` are about each of them. */
const OF_2026_916 = ["__test__/**/2026.916/**/*.test.ts", "__test__/**/both/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "paperclip-2026.427",
          include: ["__test__/**/*.test.ts", "benchmark/test/*.test.ts"],
          exclude: [...ELSEWHERE, "__test__/**/2026.916/**"],
          env: { GENERATION: "2026.427" },
        },
      },
      {
        extends: true,
        test: {
          name: "paperclip-2026.916",
          include: OF_2026_916,
          exclude: ELSEWHERE,
          env: { GENERATION: "2026.916" },
        },
      },
    ],
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
