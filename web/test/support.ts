import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { readdir, readFile } from "node:fs/promises";

import { chromium, type Browser, type BrowserContextOptions, type CDPSession, type Page } from "playwright-core";

/** What tests/acceptance/console has started and made. */
function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`make test-web\`.`);
  return value;
}

export const URL_ = variable("PHOTODOCK_TEST_URL");
export const TOKEN = variable("PHOTODOCK_TEST_TOKEN");
export const FOREIGN_TOKEN = variable("PHOTODOCK_TEST_FOREIGN_TOKEN");
/** As `photodock up` printed it. */
export const CONSOLE_URL = variable("PHOTODOCK_TEST_CONSOLE_URL");
export const SCREENSHOTS = variable("PHOTODOCK_TEST_SCREENSHOTS");
const PHOTOS = variable("PHOTODOCK_TEST_PHOTOS");

export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

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

export async function call<T>(method: string, path: string, body?: unknown, token = TOKEN): Promise<T> {
  const answer = await fetch(`${URL_}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": randomUUID() },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
  return JSON.parse(text) as T;
}

export async function makeProject(name: string, token = TOKEN): Promise<string> {
  const id = randomUUID();
  await call("PUT", `/projects/${id}`, { name }, token);
  return id;
}

/** Statuses of a project's photos. */
export async function statuses(projectId: string): Promise<string[]> {
  const page = await call<{ items: { status: string }[] }>("GET", `/photos?project_id=${projectId}&limit=200`);
  return page.items.map(({ status }) => status);
}

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

  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.browser.newContext(options)).newPage();
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) this.troubles.push(message.text());
    });
    return page;
  }

  /** Signed in, in this project. */
  async console(projectId: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.page(options);
    await page.goto(`${URL_}/#token=${TOKEN}&project=${projectId}`);
    await page.getByRole("heading", { name: "Add photos" }).waitFor();
    return page;
  }
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

/** Sends no faster, so that a test can find an upload in its middle; undefined: as fast as it goes. */
/** One for each page: of several, each would keep the conditions that it has set. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

async function emulate(page: Page, conditions: { offline: boolean; uploadThroughput: number }): Promise<void> {
  const opened = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opened);
  const cdp = await opened;
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { latency: 0, downloadThroughput: -1, ...conditions });
}

/** Without a speed: as fast as it goes. */
export async function slowDown(page: Page, bytesPerSecond?: number): Promise<void> {
  await emulate(page, { offline: false, uploadThroughput: bytesPerSecond ?? -1 });
}

export async function cutOff(page: Page): Promise<void> {
  await emulate(page, { offline: true, uploadThroughput: -1 });
}

export async function completed(page: Page, count: number): Promise<void> {
  await page.locator(`[data-completed="${String(count)}"]`).waitFor({ timeout: 80_000 });
}

/** Once some, and not all, are under way or through. */
export async function inTheMiddle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll<HTMLElement>(".row")].map(({ dataset }) => dataset.step);
    return rows.includes("sending") && rows.some((step) => step === "waiting" || step === "ready");
  });
}

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core finds serious or worse. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const found = await page.evaluate(() => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Finding[] }> } };
    return axe.run();
  });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
