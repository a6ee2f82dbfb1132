import { randomUUID } from "node:crypto";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import {
  call,
  completed,
  CONSOLE_URL,
  CRAWLING,
  cutOff,
  drop,
  EXPIRED_TOKEN,
  FOREIGN_TOKEN,
  inTheMiddle,
  makeProject,
  named,
  photoFiles,
  slowDown,
  startedChromium,
  statuses,
  upload,
  URL_,
} from "./support.js";

const chromium = await startedChromium();
const all = await photoFiles();
const photos = all.slice(0, 20);

test("the address that `up` prints signs in, and the token leaves the address bar", async () => {
  const page = await chromium.page();
  await page.goto(CONSOLE_URL);
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  expect(page.url()).not.toContain("token");
  await page.reload();
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").fill("no.such.token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The token was not accepted").waitFor();
});

test("a token that has expired and one that is none are told apart, and an address with a good one mends it", async () => {
  const page = await chromium.page();
  await page.goto(`${URL_}/#token=${EXPIRED_TOKEN}`);
  await page.getByText("Your token has expired.").waitFor();
  await page.getByLabel("Token").fill("no.such\n .token ");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The token was not accepted.").waitFor();
  await page.goto(CONSOLE_URL);
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  expect(page.url()).not.toContain("token");
  expect(await page.evaluate(() => JSON.stringify([localStorage, document.cookie]))).not.toContain("ey");
});

test("twenty real photos that are dropped are completed on screen", async () => {
  const project = await makeProject("Roof, Hauptstraße 12");
  const page = await chromium.console(project, { viewport: { width: 1280, height: 900 } });
  await drop(page, all.slice(-20));
  await completed(page, 20);
  await page.locator(".tile[data-status=completed] .picture.shown").nth(7).waitFor({ timeout: 180_000 });
  expect(await statuses(project)).toEqual(Array<string>(20).fill("completed"));
  await page.getByLabel("Status").selectOption("failed");
  await page.getByText("No photo has this status.").waitFor();
  await page.reload();
  await page.getByText("No photo has this status.").waitFor();
});

test("a page that nobody sees gives its connection back, and has caught up when it is seen again", async () => {
  const project = await makeProject("Unseen");
  const page = await chromium.console(project);
  await page.getByText("No photos yet.").waitFor();
  const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/events"));
  await show(page, "hidden");
  await ended;
  await upload(project, named(photos, "a-site-00.jpg"));
  await show(page, "visible");
  await page.locator(".tile[data-status=completed]").waitFor();
});

async function show(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { value: now, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

test("a reload in the middle loses no photo and sends none twice", async () => {
  const project = await makeProject("Reload");
  const page = await chromium.console(project);
  await slowDown(page, CRAWLING);
  await drop(page, photos);
  await inTheMiddle(page);
  await page.reload();
  await slowDown(page);
  await completed(page, photos.length);
  expect(await statuses(project)).toEqual(Array<string>(photos.length).fill("completed"));
});

test("offline in the middle is said, and ends by itself", async () => {
  const project = await makeProject("Offline");
  const page = await chromium.console(project);
  await slowDown(page, CRAWLING);
  await drop(page, photos);
  await inTheMiddle(page);
  await cutOff(page);
  await page.getByText("Offline. It goes on by itself").waitFor();
  await slowDown(page);
  await completed(page, photos.length);
  expect(await statuses(project)).toEqual(Array<string>(photos.length).fill("completed"));
});

test("one photo and all of them can be paused and resumed", async () => {
  const project = await makeProject("Pause");
  const page = await chromium.console(project);
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  await slowDown(page, CRAWLING);
  await drop(page, photos);
  await inTheMiddle(page);
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.getByText("Paused.").waitFor();
  await page.getByRole("button", { name: "Resume all" }).click();
  const last = page.locator(`.row[data-name="${photos.at(-1)?.name ?? ""}"]`);
  await last.getByRole("button", { name: "Pause" }).click();
  await slowDown(page);
  await completed(page, photos.length - 1);
  await last.getByRole("button", { name: "Resume" }).click();
  await completed(page, photos.length);
});

test("a file that is refused shows why", async () => {
  const page = await chromium.console(await makeProject("Refused"));
  const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.alloc(4096, "no photo ") };
  await page.locator("input[aria-label=Photos]").setInputFiles([text]);
  await page.getByText("Only JPEG and PNG are taken.").waitFor();
  const liar = { name: "liar.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(4096, "no photo either ") };
  await page.locator("input[aria-label=Photos]").setInputFiles([liar]);
  const row = page.locator('.row[data-name="liar.jpg"][data-step="failed"]');
  expect(await row.locator(".reason").innerText()).not.toBe("");
});

test("another organization's photo is not found, nor is what is no id", async () => {
  const foreign = await makeProject("Theirs", FOREIGN_TOKEN);
  const request = { project_id: foreign, file_name: "theirs.jpg", file_size: 4096, mime_type: "image/jpeg" };
  const { photo_id: id } = await call<{ photo_id: string }>("POST", "/photos/upload-url", request, FOREIGN_TOKEN);
  const page = await chromium.console(await makeProject("Ours"));
  for (const one of [id, randomUUID(), "no-id"]) {
    await page.goto(`${URL_}/#/photos/${one}`);
    await page.getByRole("heading", { name: "Photo not found" }).waitFor();
    await page.getByRole("link", { name: "All photos" }).click();
    await page.getByRole("heading", { name: "Photos", exact: true }).waitFor();
  }
});

test("another organization's project is refused in words, and asked for no more than somebody asks", async () => {
  const foreign = await makeProject("Theirs", FOREIGN_TOKEN);
  const page = await chromium.console(await makeProject("Ours"));
  await page.getByText("No photos yet.").waitFor();
  const foreignList = (url: string): boolean => {
    const { pathname, searchParams } = new URL(url);
    return pathname === "/api/v1/photos" && searchParams.get("project_id") === foreign;
  };
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const lists = (): number => asked.filter((url) => foreignList(url)).length;
  await page.goto(`${URL_}/#/projects/${foreign}`);
  const again = page.getByRole("alert").getByRole("button", { name: "Try again" });
  await again.waitFor();
  const answer = page.waitForResponse((response) => foreignList(response.url()));
  await again.click();
  expect((await answer).status()).toBe(403);
  // What the page would ask for by itself was on its way before this.
  await page.evaluate(() => fetch("/healthz"));
  expect(lists()).toBe(2);
});

test("a photo is deleted by keyboard, after a question, and leaves another window's gallery", async () => {
  const project = await makeProject("Delete");
  const page = await chromium.console(project);
  const other = await chromium.console(project);
  await drop(page, photos.slice(0, 1));
  await completed(page, 1);
  await other.locator(".tile[data-status=completed]").waitFor();
  await page.locator(".tile a").press("Enter");
  const ask = page.getByRole("button", { name: "Delete …" });
  await ask.press("Enter");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement?.textContent === "Delete …");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete photo" }).press("Enter");
  await page.getByText("No photos yet.").waitFor();
  await other.getByText("No photos yet.").waitFor();
});
