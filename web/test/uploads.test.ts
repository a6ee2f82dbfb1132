import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import {
  call,
  completed,
  CRAWLING,
  drop,
  dropPaths,
  makeProject,
  named,
  photoFiles,
  slowDown,
  startedChromium,
  statuses,
  upload,
} from "./support.js";

const chromium = await startedChromium();
const photos = await photoFiles();
const folder = await mkdtemp(join(tmpdir(), "console-"));

afterAll(() => rm(folder, { recursive: true }));

/** The made photo of this number, into a folder. */
async function put(number: number, path: string): Promise<void> {
  await writeFile(join(folder, path), named(photos, `a-site-0${String(number)}.jpg`).buffer);
}

test("of a folder that is dropped each picture is sent, in whatever folder within, and nothing else", async () => {
  const project = await makeProject("Folder");
  await mkdir(join(folder, "site", "roof", "north"), { recursive: true });
  await put(0, "site/one.jpg");
  await put(1, "site/roof/two.jpg");
  await put(2, "site/roof/north/three.JPG");
  await put(3, "beside.jpg");
  await writeFile(join(folder, "site", "Thumbs.db"), "no picture");
  const page = await chromium.console(project);
  await dropPaths(page, [join(folder, "site"), join(folder, "beside.jpg")]);
  await page.getByText("1 file that is no picture was left out.").waitFor();
  await completed(page, 4);
  expect(await statuses(project)).toEqual(Array<string>(4).fill("completed"));
});

test("a folder is chosen, and a picture of the camera is sent", async () => {
  const project = await makeProject("Choices");
  const page = await chromium.console(project);
  const chosen = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Folder" }).click();
  await mkdir(join(folder, "chosen"), { recursive: true });
  await put(4, "chosen/four.jpg");
  await writeFile(join(folder, "chosen", "notes.txt"), "no picture");
  await (await chosen).setFiles(join(folder, "chosen"));
  await page.getByText("1 file that is no picture was left out.").waitFor();
  const camera = page.locator("input[aria-label=Camera]");
  expect(await camera.getAttribute("capture")).toBe("environment");
  const shot = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Camera" }).click();
  await (await shot).setFiles([named(photos, "a-site-05.jpg")]);
  await completed(page, 2);
});

test("an upload that has failed is tried again when it is asked for", async () => {
  const project = await makeProject("Again");
  const page = await chromium.console(project);
  await slowDown(page, CRAWLING);
  await page.locator("input[aria-label=Photos]").setInputFiles([named(photos, "a-site-06.jpg")]);
  await page.locator('.row[data-step="sending"]').waitFor();
  // Somebody deletes the photo while it is on its way.
  const [awaited] = (await call<{ items: { id: string }[] }>("GET", `/photos?project_id=${project}`)).items;
  await call("DELETE", `/photos/${awaited?.id ?? ""}`);
  await slowDown(page);
  const row = page.locator('.row[data-step="failed"]');
  expect(await row.locator(".reason").innerText()).not.toBe("");
  await row.getByRole("button", { name: "Retry" }).click();
  await completed(page, 1);
  expect(await statuses(project)).toEqual(["completed"]);
});

test("an upload that is not wanted any more is removed, here and there", async () => {
  const project = await makeProject("Removed");
  const page = await chromium.console(project);
  await slowDown(page, CRAWLING);
  await page.locator("input[aria-label=Photos]").setInputFiles([named(photos, "a-site-07.jpg")]);
  await page.locator('.row[data-step="sending"]').getByRole("button", { name: "Remove" }).click();
  await slowDown(page);
  await page.locator(".overview").waitFor({ state: "detached" });
  expect(await statuses(project)).toEqual([]);
});

test("what is dropped on a photo's page is seen on its way, in the gallery", async () => {
  const project = await makeProject("Dropped beside");
  const id = await upload(project, named(photos, "a-site-00.jpg"));
  const page = await chromium.console(project);
  await page.locator(".tile a").click();
  await page.getByRole("button", { name: "Delete …" }).waitFor();
  expect(page.url()).toContain(id);
  await drop(page, [named(photos, "a-site-01.jpg")]);
  await completed(page, 1);
  await page.locator(".overview").waitFor();
  await page.waitForFunction(() => scrollY === 0);
});
