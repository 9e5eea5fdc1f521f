import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__test__/**/*.test.ts"],
    // They need more than a clone has, or projects of their own: `npm run test:system`, `test:consumers`.
    exclude: [...configDefaults.exclude, "__test__/system/**", "__test__/consumers/**"],
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
