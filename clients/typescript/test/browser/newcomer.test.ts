import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { build, type Rolldown } from "vite";
import { afterAll, expect, test } from "vitest";

import { Newcomer, shown } from "../support/newcomer.js";
import { png } from "../support/photos.js";
import { startedChromium } from "./harness.js";

const [chromium, newcomer] = await Promise.all([startedChromium(), Newcomer.install()]);
afterAll(() => newcomer.leave());

test("in an empty folder, by the lines of the page, a bundled page uploads a photo", async () => {
  const page = shown("html", "A web page", chromium.installation);
  // A bundler finds the package by itself.
  await writeFile(join(newcomer.folder, "index.html"), page.replace(/^<script type="importmap">.*\n/m, ""));
  const options = { root: newcomer.folder, configFile: false as const, logLevel: "error" as const };
  const { output } = (await build({ ...options, build: { write: false } })) as Rolldown.RolldownOutput;
  const files = output.map((one): [string, string] => [
    `/${one.fileName}`,
    one.type === "chunk" ? one.code : String(one.source),
  ]);
  const { "/index.html": html = "", ...others } = Object.fromEntries(files);
  expect(html).not.toContain("importmap");

  const opened = await chromium.pageOf(html, { ...others, "/photodock-token": chromium.installation.token });
  const file = { name: "roof.png", mimeType: "image/png", buffer: Buffer.from(png()) };
  await opened.locator("#file").setInputFiles(file);
  await expect.poll(() => opened.locator("#status").textContent()).toBe("completed");
});
