import type { Page, Route } from "playwright-core";
import { expect, test } from "vitest";

import { call, makeProject, named, photoFiles, signIn, startedChromium, until, upload, URL_ } from "./support.js";

const chromium = await startedChromium();
const photos = await photoFiles();

/** Of the next requests of this path the answers, as they are then, come only when the returned function is called. */
async function held(page: Page, path: RegExp, times: number, asked: () => void): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const hold = async (route: Route): Promise<void> => {
    const response = await route.fetch();
    asked();
    await released;
    await route.fulfill({ response });
  };
  await page.route(path, hold, { times });
  return release;
}

test("a list that comes late brings nothing back that was deleted meanwhile, and takes nothing away that came", async () => {
  const project = await makeProject("Late list");
  const deleted = await upload(project, named(photos, "a-site-00.jpg"));
  await until(deleted, ({ status, renditions }) => status === "completed" && renditions.length === 2);
  const page = await chromium.page();
  let lists = 0;
  const release = await held(page, /[/]photos[?]project_id=/, 2, () => (lists += 1));
  await signIn(page, project);
  // The second one is asked for when the stream of changes is open.
  await expect.poll(() => lists).toBe(2);
  await call("DELETE", `/photos/${deleted}`);
  const added = await upload(project, named(photos, "a-site-01.jpg"));
  await page.locator(`.tile[data-photo="${added}"][data-status=completed]`).waitFor();
  release();
  await page.getByText("1 photo", { exact: true }).waitFor();
  const shown = await page
    .locator(".tile")
    .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute("data-photo")));
  expect(shown).toEqual([added]);
});

/** A photo whose detection fails, again and again, and the path at which it is read. */
async function failing(projectId: string): Promise<{ id: string; path: RegExp }> {
  const whole = named(photos, "a-site-02.jpg").buffer;
  const cut = { name: "cut-off.jpg", mimeType: "image/jpeg", buffer: whole.subarray(0, whole.length / 2) };
  const id = await upload(projectId, cut);
  await until(id, ({ status }) => status === "failed");
  return { id, path: new RegExp(`/photos/${id}$`) };
}

async function failures(photoId: string): Promise<number> {
  const { items } = await call<{ items: { to: string }[] }>("GET", `/photos/${photoId}/history`);
  return items.filter(({ to }) => to === "failed").length;
}

test("a photo's page does not go back to what an answer says that comes late", async () => {
  const project = await makeProject("Late photo");
  const { id, path } = await failing(project);
  const page = await chromium.console(project);
  await page.goto(`${URL_}/#/photos/${id}`);
  const shown = page.locator(".history .failed");
  await shown.waitFor();
  const release = await held(page, path, 1, () => undefined);
  await call("POST", `/photos/${id}/retry`);
  await shown.nth(1).waitFor();
  const late = page.waitForEvent("requestfinished", (request) => path.test(request.url()));
  release();
  await late;
  await page.evaluate(() => new Promise(requestAnimationFrame));
  expect(await shown.count()).toBe(2);
});

test("what becomes of a photo while its page is still being read is shown all the same", async () => {
  const project = await makeProject("Early change");
  const { id, path } = await failing(project);
  const page = await chromium.console(project);
  await page.locator(".tile[data-status=failed]").waitFor();
  let asked = 0;
  const release = await held(page, path, 1, () => (asked += 1));
  await page.goto(`${URL_}/#/photos/${id}`);
  await expect.poll(() => asked).toBe(1);
  await call("POST", `/photos/${id}/retry`);
  await expect.poll(() => failures(id)).toBe(2);
  release();
  await page.locator(".history .failed").nth(1).waitFor();
});
