import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

import type { Page, Request, Route } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { PhotodockClient } from "../../src/index.js";
import { png } from "../support/photos.js";
import { bundle } from "./bundle.js";
import { Chromium } from "./harness.js";
import type { Setting } from "./uppy-kit.js";

declare global {
  var kit: typeof import("./uppy-kit.js");
}

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const LARGE = 12_000_000;
const PUTS = /\/\/127\.0\.0\.1:\d+\/.*X-Amz-Signature/;

let chromium: Chromium;
let script: string;
let client: PhotodockClient;
let page: Page;
let head: number[];

beforeAll(async () => {
  chromium = await Chromium.start();
  script = await bundle(new URL("uppy-kit.ts", import.meta.url).pathname);
  const { baseUrl, token } = chromium.installation;
  client = new PhotodockClient({ baseUrl, token: () => token });
});
afterAll(async () => {
  await chromium.stop();
});
beforeEach(async () => {
  head = [...png()];
  page = await openPage();
});

/** A page with a strict policy: the documentation says what an uploading page needs. */
async function openPage(): Promise<Page> {
  const sources = `${chromium.installation.baseUrl} http://127.0.0.1:* data:`;
  const policy = `default-src 'none'; script-src 'unsafe-inline'; connect-src ${sources}`;
  const opened = await chromium.pageOf(`<meta http-equiv="Content-Security-Policy" content="${policy}">`);
  await opened.addScriptTag({ content: script });
  return opened;
}

/** Starts Uppy and gives it a file; its id. */
async function added(size: number | undefined, setting: Partial<Setting> = {}): Promise<string> {
  return page.evaluate(
    ([setting, head, size]) => {
      kit.start(setting);
      return kit.add(head, size);
    },
    [{ ...chromium.installation, ...setting }, head, size] as const,
  );
}

async function upload(fileId: string): Promise<ReturnType<typeof kit.outcomeOf>> {
  return page.evaluate(async (fileId) => {
    await kit.running().upload();
    return kit.outcomeOf(fileId);
  }, fileId);
}

/** Numbers of the parts that are sent from now on; 0 for a file that goes as a whole. */
function partsSent(): number[] {
  const sent: number[] = [];
  page.on("request", (request) => {
    if (isPut(request)) sent.push(partOf(request));
  });
  return sent;
}

function isPut(request: Request): boolean {
  return request.method() === "PUT" && PUTS.test(request.url());
}

function partOf(request: Request): number {
  return Number(new URL(request.url()).searchParams.get("partNumber"));
}

/** A store whose connections break after some of the bytes. */
class BreakingLine {
  bytes = 0;
  private readonly server = createServer((socket) => {
    let received = 0;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.bytes += chunk.length;
      received += chunk.length;
      if (received > MIB) socket.destroy();
    });
  });

  static async open(): Promise<BreakingLine> {
    const line = new BreakingLine();
    line.server.listen(0, "127.0.0.1");
    await once(line.server, "listening");
    return line;
  }

  instead(url: string): string {
    const { port } = this.server.address() as AddressInfo;
    return Object.assign(new URL(url), { port: String(port) }).href;
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, "close");
  }
}

/** So that there is a middle of a part. */
async function slowDown(): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 3 * MIB };
  await cdp.send("Network.emulateNetworkConditions", conditions);
}

async function onFirstPut(number: number, act: (route: Route) => Promise<void>): Promise<void> {
  let done = false;
  await page.route(PUTS, async (route) => {
    if (done || route.request().method() !== "PUT" || partOf(route.request()) !== number) return route.fallback();
    done = true;
    return act(route);
  });
}

async function refuse(route: Route, status: number, code: string): Promise<void> {
  const headers = { "Access-Control-Allow-Origin": "*", "Content-Type": "application/xml" };
  await route.fulfill({ status, headers, body: `<Error><Code>${code}</Code></Error>` });
}

async function expectConfirmed(outcome: ReturnType<typeof kit.outcomeOf>, size: number): Promise<void> {
  expect(outcome).toMatchObject({ error: null, key: outcome.photoId, shown: [] });
  const photo = await client.photo(String(outcome.photoId));
  expect(photo).toMatchObject({ file_name: "roof.png", file_size: size, width: 64, error: null });
  expect(photo.checksum_sha256).toHaveLength(44);
  expect(photo.status).not.toBe("pending_upload");
}

test("a small photo goes by one PUT, and is confirmed when Uppy says that it is uploaded", async () => {
  const sent = partsSent();
  const outcome = await upload(await added(undefined));
  await expectConfirmed(outcome, head.length);
  expect(sent).toEqual([0]);
});

test("a large photo goes in parts", async () => {
  const sent = partsSent();
  const outcome = await upload(await added(LARGE));
  await expectConfirmed(outcome, LARGE);
  expect(sent).toEqual([1, 2, 3]);
});

test("after the connection broke in the middle of a part, a retry sends only what is missing", async () => {
  const line = await BreakingLine.open();
  await page.route(PUTS, (route) =>
    partOf(route.request()) === 2 ? route.continue({ url: line.instead(route.request().url()) }) : route.fallback(),
  );
  const fileId = await added(LARGE);
  const sent = partsSent();
  const failed = await upload(fileId);
  expect(failed.error).toBe("Network error during S3 request");
  // Uppy tries four times by itself.
  expect(sent).toEqual([1, 2, 2, 2, 2]);
  expect(line.bytes).toBeGreaterThan(MIB);

  await page.unrouteAll();
  await line.close();
  const outcome = await page.evaluate(async (fileId) => {
    kit.running().setState({ info: [] });
    await kit.running().retryAll();
    return kit.outcomeOf(fileId);
  }, fileId);
  await expectConfirmed(outcome, LARGE);
  expect(sent.slice(5)).toEqual([2, 3]);
});

test("a photo that arrived while its answer was lost is no failure, and is not sent again", async () => {
  const { projectId } = chromium.installation;
  await onFirstPut(0, async (route) => {
    const headers = Object.fromEntries(
      ["content-type", "if-none-match", "x-amz-checksum-sha256"].map((name) => [name, route.request().headers()[name]]),
    ) as Record<string, string>;
    const answer = await fetch(route.request().url(), { method: "PUT", headers, body: new Uint8Array(head) });
    expect(answer.status).toBe(200);
    await route.abort("connectionreset");
  });
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (isPut(response.request())) statuses.push(response.status());
  });
  const outcome = await upload(await added(undefined));
  await expectConfirmed(outcome, head.length);
  expect(statuses).toEqual([412]);
  const { items } = await client.photos({ project_id: projectId });
  const [newest] = items;
  expect(items.filter(({ checksum_sha256 }) => checksum_sha256 === newest?.checksum_sha256)).toHaveLength(1);
});

test("a file that is taken up again does not hide that another one failed", async () => {
  await onFirstPut(0, (route) => refuse(route, 403, "AccessDenied"));
  const fileId = await added(undefined);
  const { good, bad, state } = await page.evaluate(
    async ([fileId, head]) => {
      const other = kit.add(head, 100, "small.png");
      await kit.running().upload();
      return { good: kit.outcomeOf(fileId), bad: kit.outcomeOf(other), state: kit.running().getState().error };
    },
    [fileId, head.slice(0, 100)] as const,
  );
  expect(good).toMatchObject({ error: null, key: good.photoId });
  expect(bad.error).toMatch(/^The photo has 100 bytes/);
  expect(state).toBe(bad.error);
});

test("a URL that has ended is replaced", async () => {
  await onFirstPut(0, (route) => refuse(route, 403, "AccessDenied"));
  const sent = partsSent();
  await expectConfirmed(await upload(await added(undefined)), head.length);
  expect(sent).toEqual([0, 0]);
});

test("what S3 refuses again and again fails in the end", async () => {
  await page.route(PUTS, (route) =>
    route.request().method() === "PUT" ? refuse(route, 403, "SignatureDoesNotMatch") : route.fallback(),
  );
  const sent = partsSent();
  const outcome = await upload(await added(undefined));
  expect(outcome.error).toBe("S3 returned 403 – SignatureDoesNotMatch");
  expect(sent).toEqual([0, 0]);
});

test("cancelling aborts the upload in parts", async () => {
  await added(LARGE);
  await slowDown();
  const photoId = await page.evaluate(async (size) => {
    kit.during(2, size, () => {
      kit.running().cancelAll();
    });
    let photoId: unknown;
    kit.running().on("file-removed", (file) => (photoId = file.meta["photoId"]));
    await kit.running().upload();
    return photoId;
  }, PART);
  const parts = async (): Promise<unknown> => client.multipart.parts(String(photoId)).catch((error: unknown) => error);
  await expect.poll(parts).toMatchObject({ code: "multipart_not_started", status: 409 });
});

test("an upload that was paused goes on with the part that was cut off", async () => {
  const sent = partsSent();
  const fileId = await added(LARGE);
  await slowDown();
  await page.evaluate((size) => {
    kit.during(2, size, () => {
      kit.running().pauseAll();
      kit.running().resumeAll();
    });
  }, PART);
  await expectConfirmed(await upload(fileId), LARGE);
  expect(sent).toEqual([1, 2, 2, 3]);
});

test("after a reload the upload goes on, with what Uppy had kept of it", async () => {
  const fileId = await added(LARGE);
  await slowDown();
  const kept = await page.evaluate(
    ([fileId, size]) =>
      new Promise<{ key: string; uploadId: string } | undefined>((resolve) => {
        kit.during(2, size, () => {
          const file = kit.running().getFile(fileId);
          resolve(file.isRemote ? undefined : file.s3Multipart);
        });
        void kit.running().upload();
      }),
    [fileId, PART] as const,
  );
  await page.close();

  page = await openPage();
  const sent = partsSent();
  const restored = await added(LARGE);
  await page.evaluate(
    ([fileId, kept]) => {
      kit.running().setFileState(fileId, kept ? { s3Multipart: kept } : {});
    },
    [restored, kept] as const,
  );
  const outcome = await upload(restored);
  expect(outcome).toMatchObject({ error: null, key: kept?.key });
  expect(sent).toEqual([2, 3]);
});

test("an upload in parts that was aborted elsewhere begins anew", async () => {
  const fileId = await added(LARGE);
  await onFirstPut(2, async (route) => {
    await client.multipart.abort(await photoIdOf(fileId));
    await route.continue();
  });
  const sent = partsSent();
  await expectConfirmed(await upload(fileId), LARGE);
  expect(sent).toEqual([1, 2, 1, 2, 3]);
});

test("a completion whose answer was lost is found by a retry, which sends nothing", async () => {
  const fileId = await added(LARGE, { attempts: 1 });
  let lost = false;
  await page.route("**/multipart/complete", async (route) => {
    if (lost || route.request().method() !== "POST") return route.fallback();
    lost = true;
    await client.multipart.complete(await photoIdOf(fileId));
    return route.abort("connectionreset");
  });
  const failed = await upload(fileId);
  expect(failed.error).toBe("The service could not be reached, or the connection broke.");
  const sent = partsSent();
  const outcome = await page.evaluate(async (fileId) => {
    await kit.running().retryAll();
    return kit.outcomeOf(fileId);
  }, fileId);
  expect(outcome).toMatchObject({ error: null, key: outcome.photoId });
  expect(sent).toEqual([]);
});

test("where the service wants no parts the file goes as a whole", async () => {
  const sent = partsSent();
  await expectConfirmed(await upload(await added(6 * MIB, { multipartFrom: PART })), 6 * MIB);
  expect(sent).toEqual([0]);
});

test("the same file under the same name is one photo, however often it is begun", async () => {
  const fileId = await added(undefined, { attempts: 1 });
  const photoIds: string[] = [];
  await page.route("**/photos/upload-url", async (route) => {
    if (photoIds.length > 0 || route.request().method() !== "POST") return route.fallback();
    const answer = await route.fetch();
    photoIds.push(((await answer.json()) as { photo_id: string }).photo_id);
    return route.abort("connectionreset");
  });
  expect((await upload(fileId)).error).toBe("The service could not be reached, or the connection broke.");
  const outcome = await page.evaluate(async (fileId) => {
    await kit.running().retryAll();
    return kit.outcomeOf(fileId);
  }, fileId);
  expect(outcome).toMatchObject({ error: null, photoId: photoIds[0] });
});

test("a refused file shows the service's sentence", async () => {
  head = head.slice(0, 100);
  const outcome = await upload(await added(undefined));
  expect(outcome.error).toMatch(/^The photo has 100 bytes/);
  expect(outcome.shown).toEqual([`Failed to upload roof.png ${outcome.error ?? ""}`]);
});

test("a file that is not what its type says shows why", async () => {
  const outcome = await page.evaluate(
    async ([setting, head]) => {
      kit.start(setting);
      const fileId = kit.add(head, undefined, "roof.jpg", "image/jpeg");
      await kit.running().upload();
      return kit.outcomeOf(fileId);
    },
    [chromium.installation, head] as const,
  );
  expect(outcome.error).toBe("The content is image/png; image/jpeg was declared.");
});

async function photoIdOf(fileId: string): Promise<string> {
  return page.evaluate((fileId) => String(kit.outcomeOf(fileId).photoId), fileId);
}
