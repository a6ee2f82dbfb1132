import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import type { Page } from "playwright-core";

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly tags: readonly string[];
  readonly nodes: readonly { readonly html: string }[];
}

const AXE = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds against WCAG 2.2, level AA, however grave, and what else it advises that is serious or worse. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(await AXE);
  const found = await page.evaluate((rules) => {
    interface Axe {
      run: (options: object) => Promise<{ violations: Finding[] }>;
    }
    return (globalThis as unknown as { axe: Axe }).axe.run({ rules });
  }, LEFT_TO_ASK_FOR);
  return found.violations
    .filter(
      ({ impact, tags }) => impact === "serious" || impact === "critical" || tags.some((tag) => tag.startsWith("wcag")),
    )
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** New in WCAG 2.2, and not looked at by axe-core unless it is asked. */
const LEFT_TO_ASK_FOR = { "target-size": { enabled: true } };
