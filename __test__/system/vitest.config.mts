import { defineConfig, mergeConfig } from "vitest/config";

import common from "../../vitest.config.mjs";

const config = mergeConfig(
  common,
  defineConfig({
    root: new URL("../..", import.meta.url).pathname,
    test: {
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Each file runs servers of its own, and looks at how long things take.
      fileParallelism: false,
    },
  }),
);
// Not merged: lists would be joined. These tests are not told apart by generations.
const { projects: _, ...test } = config.test ?? {};
config.test = { ...test, include: ["__test__/system/**/*.test.ts"], exclude: [] };

export default config;
