import { randomBytes } from "node:crypto";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { faultsOf } from "./faults.js";
import {
  call,
  completed,
  CRAWLING,
  cutOff,
  drop,
  EXPIRED_TOKEN,
  FOREIGN_TOKEN,
  inTheMiddle,
  makeProject,
  named,
  photoFiles,
  report,
  SCREENSHOTS,
  slowDown,
  startedChromium,
  until,
  upload,
  URL_,
} from "./support.js";

const chromium = await startedChromium();
const photos = (await photoFiles()).slice(0, 20);

const MOTIONLESS = { reducedMotion: "reduce" } as const;

/** On a phone and on a desk, by day and by night: a picture for whoever looks at them, no fault, and nothing cut off. */
async function look(page: Page, name: string): Promise<void> {
  // A desk's screen of 1280, enlarged four times (WCAG 1.4.10).
  await resize(page, name, { width: 320, height: 740 });
  const faults: string[] = [];
  for (const width of [360, 1280]) {
    await resize(page, name, { width, height: width === 360 ? 740 : 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => {
        scrollTo(0, 0);
      });
      await page.screenshot({ path: `${SCREENSHOTS}/${name}-${String(width)}-${colorScheme}.png`, fullPage: true });
      const found = [...(await faultsOf(page)), ...(await page.evaluate(small))];
      faults.push(...found.map((fault) => `${name}, ${String(width)} px, ${colorScheme}: ${fault}`));
    }
  }
  expect(faults).toEqual([]);
}

/** Nothing may be wider than the screen, once the page has followed its new size: the gallery does so a frame later. */
async function resize(page: Page, name: string, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth), {
      timeout: 30_000,
      message: `${name}: wider than its screen of ${String(size.width)} px`,
    })
    .toBeLessThanOrEqual(size.width);
}

/** What a finger in a glove would miss: all that can be pressed is 44 px high, but for links within a sentence. */
function small(): string[] {
  return [...document.querySelectorAll<HTMLElement>("button, select, input, a[href]")]
    .map((one) => ({ one, box: one.getBoundingClientRect() }))
    .filter(({ one, box }) => box.width > 1 && box.height < 44 && one.closest(".what") === null)
    .map(({ one, box }) => `${String(box.height)} px high: ${one.outerHTML.slice(0, 80)}`);
}

test("signing in, and a token that has expired", async () => {
  const page = await chromium.page(MOTIONLESS);
  await page.goto(URL_);
  await page.getByLabel("Token").waitFor();
  await look(page, "sign-in");
  await page.goto(`${URL_}/#token=${EXPIRED_TOKEN}`);
  await page.getByText("Your token has expired.").waitFor();
  await look(page, "sign-in-expired");
});

test("an empty project, photos on their way, offline, and a gallery", async () => {
  const project = await makeProject("Roof, Hauptstraße 12, house at the back, second staircase");
  const page = await chromium.console(project, MOTIONLESS);
  await page.getByText("No photos yet.").waitFor();
  await look(page, "empty");

  await slowDown(page, 100_000);
  await drop(page, [
    { name: "notes about the roof.txt", mimeType: "text/plain", buffer: Buffer.alloc(4096, "no photo ") },
  ]);
  await page.locator('.row[data-step="failed"]').waitFor();
  await drop(page, photos);
  await inTheMiddle(page);
  // One is through, whatever its detection takes, and the others stay on their way for as long as they are looked at.
  await page.locator(".row:is([data-step=sent], [data-step=processing], [data-step=completed])").first().waitFor();
  await slowDown(page, CRAWLING);
  await page.locator(".row[data-step=completed]").first().waitFor();
  const last = page.locator(`.row[data-name="${photos.at(-1)?.name ?? ""}"]`);
  await last.getByRole("button", { name: "Pause" }).click();
  await last.getByRole("button", { name: "Resume" }).waitFor();
  await look(page, "uploading-all");
  await page.getByRole("button", { name: "Show fewer" }).click();
  await look(page, "uploading");
  await cutOff(page);
  await page.getByText("You are offline.").waitFor();
  await look(page, "offline");
  await slowDown(page);
  await page.getByRole("button", { name: /^Show all/ }).click();
  await last.getByRole("button", { name: "Resume" }).click();
  await completed(page, photos.length);
  await page.getByRole("button", { name: "Show fewer" }).click();
  await page.locator(".tile .picture.shown").nth(5).waitFor({ timeout: 180_000 });
  await look(page, "gallery");

  // The pictures take their time, as over a slow line.
  const slow = await page.context().newPage();
  await slow.emulateMedia(MOTIONLESS);
  await slow.route(/[.]thumbnail[.]webp/, () => undefined);
  await slow.goto(
    `${URL_}/#token=${await page.evaluate(() => sessionStorage.getItem("photodock-token") ?? "")}&project=${project}`,
  );
  await slow.locator(".tile .placeholder").nth(5).waitFor();
  await look(slow, "gallery-placeholders");
});

test("names of every length, and two hundred files that wait", async () => {
  const long = "The long way round from the north gable to the ridge and down again on the weather side";
  const project = await makeProject(`${long}, ${long}`.slice(0, 150));
  const file = {
    ...named(photos, "a-site-04.jpg"),
    name: `${long}_${"IMG20251117".repeat(10)}.jpg`.replaceAll(" ", "_"),
  };
  const id = await upload(project, file);
  await until(id, ({ status, renditions }) => status === "completed" && renditions.length === 2);
  const page = await chromium.console(project, MOTIONLESS);
  await page.locator(".tile .picture.shown").waitFor();
  await slowDown(page, 1000);
  const waiting = Array.from({ length: 200 }, (_, number) => ({
    name: `${long} ${String(number)}.jpg`,
    mimeType: "image/jpeg",
    buffer: randomBytes(4096),
  }));
  await drop(page, waiting);
  await page.locator('[data-total="200"]').waitFor({ timeout: 120_000 });
  await page.getByText(/^Taking in/).waitFor({ state: "detached" });
  await look(page, "two-hundred");
  await page.goto(`${URL_}/#/photos/${id}`);
  await page.locator(".large .picture.shown").waitFor();
  await look(page, "photo-long-name");
});

test("a service that does not answer", async () => {
  const project = await makeProject("No answer");
  await upload(project, named(photos, "a-site-05.jpg"));
  const page = await chromium.console(project, MOTIONLESS);
  await page.locator(".tile").waitFor();
  await page.route("**/api/v1/photos?*", (route) => route.abort("connectionrefused"));
  await page.getByLabel("Status").selectOption("uploaded");
  await page.getByRole("alert").waitFor();
  await look(page, "no-answer");
});

test("a photo with all that is known of it, and the question before it is deleted", async () => {
  const project = await makeProject("One photo", FOREIGN_TOKEN);
  const file = named(photos, "a-site-03.jpg");
  const id = await upload(project, file, FOREIGN_TOKEN);
  await report(id, {
    damage: [
      { label: "hail", score: 0.93, box: [180, 120, 420, 300] },
      { label: "missing tile", score: 0.71, box: [760, 0, 300, 220] },
    ],
  });
  await until(id, ({ renditions }) => renditions.length === 2, FOREIGN_TOKEN);
  const page = await chromium.console(project, MOTIONLESS, FOREIGN_TOKEN);
  await page.goto(`${URL_}/#/photos/${id}`);
  await page.locator(".large .picture.shown").waitFor();
  await page.locator(".map .land").first().waitFor();
  await page.locator(".history li").nth(3).waitFor();
  await look(page, "photo");
  await page.getByRole("button", { name: "Delete …" }).click();
  await look(page, "photo-delete");
});

test("a photo whose detection failed, one that is awaited, and one that is not there", async () => {
  const project = await makeProject("Failed");
  const whole = named(photos, "a-site-01.jpg").buffer;
  const cut = { name: "cut-off.jpg", mimeType: "image/jpeg", buffer: whole.subarray(0, whole.length / 2) };
  const id = await upload(project, cut);
  await until(id, ({ status }) => status === "failed");
  const page = await chromium.console(project, MOTIONLESS);
  await page.goto(`${URL_}/#/photos/${id}`);
  await page.getByText("The detection failed").waitFor();
  await page.locator(".history .failed").waitFor();
  await look(page, "photo-failed");

  const request = { project_id: project, file_name: "to-come.jpg", file_size: 4096, mime_type: "image/jpeg" };
  const awaited = await call<{ photo_id: string }>("POST", "/photos/upload-url", request);
  await page.goto(`${URL_}/#/photos/${awaited.photo_id}`);
  await page.locator(".history .pending_upload").waitFor();
  await look(page, "photo-awaited");
  await page.goto(`${URL_}/#/photos/nothing`);
  await page.getByRole("heading", { name: "Photo not found" }).waitFor();
  await look(page, "not-found");
});
