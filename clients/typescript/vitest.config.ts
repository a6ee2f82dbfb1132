import { defineConfig } from "vitest/config";

/** What nobody waits for but where something is broken: a machine at work on other things takes its time. */
const PATIENT = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } };

function inChromium(name: string) {
  const include = [`test/${name}/**/*.test.ts`];
  // Files share the one port that the service and the store let pages be served from.
  return { test: { ...PATIENT, name, include, fileParallelism: false } };
}

/** `unit` needs nothing; the others are started by tests/acceptance/clients, which runs the system for them. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...PATIENT, name: "unit", include: ["test/unit/**/*.test.ts"], restoreMocks: true } },
      { test: { ...PATIENT, name: "integration", include: ["test/integration/**/*.test.ts"] } },
      ...["browser", "queue", "uppy"].map(inChromium),
    ],
  },
});
