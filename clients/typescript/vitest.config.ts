import { defineConfig } from "vitest/config";

/** `unit` needs nothing; the others are started by tests/acceptance/clients, which runs the system for them. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], restoreMocks: true, testTimeout: 30_000 } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They share the one port that the service and the store let pages be served from.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "queue",
          include: ["test/queue/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They share the one port that the service and the store let pages be served from.
          fileParallelism: false,
        },
      },
    ],
  },
});
