import { defineConfig } from "vitest/config";

function inChromium(name: string) {
  const include = [`test/${name}/**/*.test.ts`];
  // Files share the one port that the service and the store let pages be served from.
  return { test: { name, include, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false } };
}

/** `unit` needs nothing; the others are started by tests/acceptance/clients, which runs the system for them. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], restoreMocks: true, testTimeout: 30_000 } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 30_000 } },
      ...["browser", "queue", "uppy"].map(inChromium),
    ],
  },
});
