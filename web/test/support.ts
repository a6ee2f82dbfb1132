import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

import { chromium, type Browser, type BrowserContextOptions, type CDPSession, type Page } from "playwright-core";
import { afterAll, afterEach, expect } from "vitest";

/** What tests/acceptance/console has started and made. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`make test-web\`.`);
  return value;
}

export const URL_ = variable("PHOTODOCK_TEST_URL");
export const TOKEN = variable("PHOTODOCK_TEST_TOKEN");
export const FOREIGN_TOKEN = variable("PHOTODOCK_TEST_FOREIGN_TOKEN");
/** May report results of the other organization, as a detector does; the sample detector is shown none of its photos. */
export const FOREIGN_DETECTOR_TOKEN = variable("PHOTODOCK_TEST_FOREIGN_DETECTOR_TOKEN");
export const EXPIRED_TOKEN = variable("PHOTODOCK_TEST_EXPIRED_TOKEN");
/** The store's origin. */
export const STORE = variable("PHOTODOCK_TEST_STORE");
/** As `photodock up` printed it. */
export const CONSOLE_URL = variable("PHOTODOCK_TEST_CONSOLE_URL");
export const SCREENSHOTS = variable("PHOTODOCK_TEST_SCREENSHOTS");
export const PHOTOS = variable("PHOTODOCK_TEST_PHOTOS");

export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** First those that were made; those of real cameras, where they are at hand, come last. */
export async function photoFiles(): Promise<GivenFile[]> {
  const names = (await readdir(PHOTOS)).sort();
  return Promise.all(
    names.map(async (name) => ({
      name,
      mimeType: name.endsWith(".png") ? "image/png" : "image/jpeg",
      buffer: await readFile(`${PHOTOS}/${name}`),
    })),
  );
}

/** The one of this name. */
export function named(files: readonly GivenFile[], name: string): GivenFile {
  const found = files.find((file) => file.name === name);
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
}

export async function call<T>(method: string, path: string, body?: unknown, token = TOKEN): Promise<T> {
  const answer = await fetch(`${URL_}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": randomUUID() },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export async function makeProject(name: string, token = TOKEN): Promise<string> {
  const id = randomUUID();
  await call("PUT", `/projects/${id}`, { name }, token);
  return id;
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly renditions: readonly unknown[];
}

/** A photo, uploaded past the page; its detection and its renditions are under way. */
export async function upload(projectId: string, file: GivenFile, token = TOKEN): Promise<string> {
  const { name, mimeType, buffer } = file;
  const request = { project_id: projectId, file_name: name, file_size: buffer.length, mime_type: mimeType };
  interface Issued {
    readonly photo_id: string;
    readonly upload_url: string;
    readonly headers: Record<string, string>;
  }
  const { photo_id: id, upload_url, headers } = await call<Issued>("POST", "/photos/upload-url", request, token);
  const answer = await fetch(upload_url, { method: "PUT", headers, body: new Uint8Array(buffer) });
  if (!answer.ok) throw new Error(`PUT: ${String(answer.status)} ${await answer.text()}`);
  await call("PATCH", `/photos/${id}/status`, { status: "uploaded" }, token);
  return id;
}

/** What a detector says of a photo of the other organization: no other one can have been quicker. */
export async function report(photoId: string, detections: object): Promise<void> {
  await call("PATCH", `/photos/${photoId}/status`, { status: "processing" }, FOREIGN_DETECTOR_TOKEN);
  await call("PATCH", `/photos/${photoId}/status`, { status: "completed", detections }, FOREIGN_DETECTOR_TOKEN);
}

/** Once the photo is as it should be. */
export async function until(photoId: string, is: (photo: Shown) => boolean, token = TOKEN): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (!is(await call<Shown>("GET", `/photos/${photoId}?wait=1`, undefined, token))) {
    if (Date.now() > deadline) throw new Error(`${photoId} has not become what it should.`);
  }
}

/** Statuses of a project's photos. */
export async function statuses(projectId: string): Promise<string[]> {
  const page = await call<{ items: { status: string }[] }>("GET", `/photos?project_id=${projectId}&limit=200`);
  return page.items.map(({ status }) => status);
}

/** What nobody waits for but where something is broken: a machine at work on other things takes its time. */
export const PATIENCE_MS = 60_000;

/** A Chromium whose pages may do nothing that the page's policy refuses, and throw nothing. */
export class Chromium {
  readonly troubles: string[] = [];
  private readonly browser: Browser;

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async start(): Promise<Chromium> {
    return new Chromium(await chromium.launch({ executablePath: variable("PHOTODOCK_TEST_CHROMIUM") }));
  }

  stop(): Promise<void> {
    return this.browser.close();
  }

  /** What a test has left open would go on beside the next one. */
  async closePages(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) this.troubles.push(message.text());
    });
    return page;
  }

  /** Signed in, in this project. */
  async console(projectId: string, options: BrowserContextOptions = {}, token = TOKEN): Promise<Page> {
    const page = await this.page(options);
    await signIn(page, projectId, token);
    return page;
  }
}

export async function signIn(page: Page, projectId: string, token = TOKEN): Promise<void> {
  await page.goto(`${URL_}/#token=${token}&project=${projectId}`);
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
}

/** For all tests of a file: each must leave it without trouble, and behind the last it is stopped. */
export async function startedChromium(): Promise<Chromium> {
  const started = await Chromium.start();
  afterEach(async () => {
    await started.closePages();
    expect(started.troubles).toEqual([]);
  });
  afterAll(() => started.stop());
  return started;
}

/** Drops the files on the window, as somebody's hand would. */
export async function drop(page: Page, files: readonly GivenFile[]): Promise<void> {
  const given = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, data: buffer.toString("base64") }));
  await page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, data } of all) {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType, lastModified: 1 }));
    }
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, given);
}

/** Drops files and folders of this machine, as its file manager would. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const drag = (type: "dragEnter" | "dragOver" | "drop"): Promise<unknown> =>
    cdp.send("Input.dispatchDragEvent", { type, x: 200, y: 300, data });
  await drag("dragEnter");
  await drag("dragOver");
  const curtain = page.getByText("Drop to add the photos");
  await curtain.waitFor();
  await drag("drop");
  await curtain.waitFor({ state: "detached" });
  await cdp.detach();
}

/** One for each page: of several, each would keep the conditions that it has set. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

async function emulate(page: Page, conditions: { offline: boolean; uploadThroughput: number }): Promise<void> {
  const opened = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opened);
  const cdp = await opened;
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { latency: 0, downloadThroughput: -1, ...conditions });
}

/** Bytes a second: no photo arrives before the line is fast again, however long a test is held up. */
export const CRAWLING = 10_000;

/** Sends no faster, so that a test can find an upload in its middle. Without a speed: as fast as it goes. */
export async function slowDown(page: Page, bytesPerSecond?: number): Promise<void> {
  await emulate(page, { offline: false, uploadThroughput: bytesPerSecond ?? -1 });
}

export async function cutOff(page: Page): Promise<void> {
  await emulate(page, { offline: true, uploadThroughput: -1 });
}

export async function completed(page: Page, count: number): Promise<void> {
  await page.locator(`[data-completed="${String(count)}"]`).waitFor({ timeout: 180_000 });
}

/** Shows each file, not just the first. */
export async function showAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Show all/ }).click();
}

/** Once some, and not all, are under way or through. */
export async function inTheMiddle(page: Page): Promise<void> {
  await showAll(page);
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll<HTMLElement>(".row")].map(({ dataset }) => dataset.step);
    return rows.includes("sending") && rows.some((step) => step === "waiting" || step === "ready");
  });
}
