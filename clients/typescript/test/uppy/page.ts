import type { Page, Request, Route } from "playwright-core";
import { expect } from "vitest";

import { PhotodockClient } from "../../src/index.js";
import { png } from "../support/photos.js";
import type { Chromium } from "../browser/harness.js";
import type { Outcome, Setting } from "./kit.js";

declare global {
  var kit: typeof import("./kit.js");
}

export const MIB = 1024 * 1024;
/** As the service cuts. */
export const PART = 5 * MIB;
/** Three parts. */
export const LARGE = 12_000_000;
const PUTS = /\/\/127\.0\.0\.1:\d+\/.*X-Amz-Signature/;

/** A page with Uppy in it, and a photo for it. */
export class UppyPage {
  readonly page: Page;
  /** The test's own, to look at what has become of the photo. */
  readonly client: PhotodockClient;
  /** A photo, or the beginning of one: it may be filled up with zeros. */
  head: readonly number[] = [...png()];
  private readonly chromium: Chromium;

  private constructor(chromium: Chromium, page: Page) {
    this.chromium = chromium;
    this.page = page;
    const { baseUrl, token } = chromium.installation;
    this.client = new PhotodockClient({ baseUrl, token: () => token });
  }

  /** Under a strict policy: docs/clients/uppy.md says what an uploading page must be allowed. */
  static async open(chromium: Chromium, script: string): Promise<UppyPage> {
    const sources = `${chromium.installation.baseUrl} http://127.0.0.1:* data:`;
    const policy = `default-src 'none'; script-src 'unsafe-inline'; connect-src ${sources}`;
    const page = await chromium.pageOf(`<meta http-equiv="Content-Security-Policy" content="${policy}">`);
    await page.addScriptTag({ content: script });
    return new UppyPage(chromium, page);
  }

  /** Starts Uppy and gives it a file; its id. */
  async add(size?: number, setting: Partial<Setting> = {}): Promise<string> {
    const all: Setting = { ...this.chromium.installation, ...setting };
    return this.page.evaluate(
      ([setting, head, size]) => {
        kit.start(setting);
        return kit.add(head, size);
      },
      [all, this.head, size] as const,
    );
  }

  async upload(fileId: string): Promise<Outcome> {
    return this.page.evaluate(async (fileId) => {
      await kit.running().upload();
      return kit.outcomeOf(fileId);
    }, fileId);
  }

  async retry(fileId: string): Promise<Outcome> {
    return this.page.evaluate(async (fileId) => {
      kit.running().setState({ info: [] });
      await kit.running().retryAll();
      return kit.outcomeOf(fileId);
    }, fileId);
  }

  async photoIdOf(fileId: string): Promise<string> {
    return this.page.evaluate((fileId) => String(kit.outcomeOf(fileId).photoId), fileId);
  }

  /** Numbers of the parts that are sent from now on; 0 for a file that goes as a whole. */
  sent(): number[] {
    const sent: number[] = [];
    this.page.on("request", (request) => {
      if (isPut(request)) sent.push(partOf(request));
    });
    return sent;
  }

  /** What S3 answers to PUTs from now on. */
  statuses(): number[] {
    const statuses: number[] = [];
    this.page.on("response", (response) => {
      if (isPut(response.request())) statuses.push(response.status());
    });
    return statuses;
  }

  /** Takes part in the PUTs of part `number`: in the first one, or all. */
  async onPuts(number: number, times: number, act: (route: Route) => Promise<void>): Promise<void> {
    let left = times;
    await this.page.route(PUTS, async (route) => {
      if (!isPut(route.request()) || partOf(route.request()) !== number || left === 0) return route.fallback();
      left -= 1;
      return act(route);
    });
  }

  /** So that there is a middle of a part. */
  async slowDown(): Promise<void> {
    const cdp = await this.page.context().newCDPSession(this.page);
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 3 * MIB };
    await cdp.send("Network.emulateNetworkConditions", conditions);
  }

  async expectConfirmed(outcome: Outcome, size: number): Promise<void> {
    expect(outcome).toMatchObject({ error: null, key: outcome.photoId, shown: [] });
    const photo = await this.client.photo(String(outcome.photoId));
    expect(photo).toMatchObject({ file_name: "roof.png", file_size: size, width: 64, error: null });
    expect(photo.checksum_sha256).toHaveLength(44);
    expect(photo.status).not.toBe("pending_upload");
  }
}

function isPut(request: Request): boolean {
  return request.method() === "PUT" && PUTS.test(request.url());
}

function partOf(request: Request): number {
  return Number(new URL(request.url()).searchParams.get("partNumber"));
}

/** As S3 refuses. */
export function refusal(status: number, code: string): (route: Route) => Promise<void> {
  const headers = { "Access-Control-Allow-Origin": "*", "Content-Type": "application/xml" };
  return (route) => route.fulfill({ status, headers, body: `<Error><Code>${code}</Code></Error>` });
}
