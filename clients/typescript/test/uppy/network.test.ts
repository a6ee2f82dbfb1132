import type { Route } from "playwright-core";
import { beforeEach, expect, test } from "vitest";

import { startedChromium } from "../browser/harness.js";
import { bundle } from "./bundle.js";
import { BreakingLine } from "./line.js";
import { LARGE, MIB, refusal, UppyPage } from "./page.js";

const UNREACHABLE = "The service could not be reached, or the connection broke.";

const chromium = await startedChromium();
const { script } = await bundle("kit.ts");
let uppy: UppyPage;

beforeEach(async () => {
  uppy = await UppyPage.open(chromium, script);
});

test("after the connection broke in the middle of a part, a retry sends only what is missing", async () => {
  const line = await BreakingLine.open(MIB);
  await uppy.onPuts(2, Infinity, (route) => route.continue({ url: line.inPlaceOf(route.request().url()) }));
  const fileId = await uppy.add(LARGE);
  const sent = uppy.sent();
  const failed = await uppy.upload(fileId);
  expect(failed.error).toBe("Network error during S3 request");
  // Uppy tries four times by itself.
  expect(sent).toEqual([1, 2, 2, 2, 2]);
  expect(line.bytes).toBeGreaterThan(MIB);

  await uppy.page.unrouteAll();
  await line.close();
  await uppy.expectConfirmed(await uppy.retry(fileId), LARGE);
  expect(sent.slice(5)).toEqual([2, 3]);
});

test("a photo that arrived while its answer was lost is no failure, and is not sent again", async () => {
  await uppy.onPuts(0, 1, async (route) => {
    const { "content-type": type = "", "x-amz-checksum-sha256": checksum = "" } = route.request().headers();
    const headers = { "Content-Type": type, "If-None-Match": "*", "X-Amz-Checksum-Sha256": checksum };
    const body = new Uint8Array(uppy.head);
    expect((await fetch(route.request().url(), { method: "PUT", headers, body })).status).toBe(200);
    await route.abort("connectionreset");
  });
  const statuses = uppy.statuses();
  const outcome = await uppy.upload(await uppy.add());
  await uppy.expectConfirmed(outcome, uppy.head.length);
  expect(statuses).toEqual([412]);
  const { items } = await uppy.client.photos({ project_id: chromium.installation.projectId });
  const checksum = items.find(({ id }) => id === outcome.photoId)?.checksum_sha256;
  expect(items.filter(({ checksum_sha256 }) => checksum_sha256 === checksum)).toHaveLength(1);
});

test("a URL that has ended is replaced", async () => {
  await uppy.onPuts(0, 1, refusal(403, "AccessDenied"));
  const sent = uppy.sent();
  await uppy.expectConfirmed(await uppy.upload(await uppy.add()), uppy.head.length);
  expect(sent).toEqual([0, 0]);
});

test("what S3 refuses again fails, and a retry begins anew", async () => {
  await uppy.onPuts(0, 3, refusal(403, "SignatureDoesNotMatch"));
  const sent = uppy.sent();
  const fileId = await uppy.add();
  expect(await uppy.upload(fileId)).toMatchObject({ error: "S3 returned 403 – SignatureDoesNotMatch" });
  expect(sent).toEqual([0, 0]);
  await uppy.expectConfirmed(await uppy.retry(fileId), uppy.head.length);
  expect(sent).toEqual([0, 0, 0, 0]);
});

test("a file that is taken up again does not hide that another one failed", async () => {
  await uppy.onPuts(0, 1, refusal(403, "AccessDenied"));
  const fileId = await uppy.add();
  const { good, bad, state } = await uppy.page.evaluate(
    async ([fileId, head]) => {
      const other = kit.add(head, undefined, "small.png");
      await kit.running().upload();
      return { good: kit.outcomeOf(fileId), bad: kit.outcomeOf(other), state: kit.running().getState().error };
    },
    [fileId, uppy.head.slice(0, 100)] as const,
  );
  expect(good).toMatchObject({ error: null, key: good.photoId });
  expect(bad.error).toMatch(/^The photo has 100 bytes/);
  expect(state).toBe(bad.error);
});

test("an upload in parts that was aborted elsewhere begins anew: S3 says so of a part", async () => {
  const fileId = await uppy.add(LARGE);
  await uppy.onPuts(2, 1, async (route) => {
    await uppy.client.multipart.abort(await uppy.photoIdOf(fileId));
    await route.continue();
  });
  const sent = uppy.sent();
  await uppy.expectConfirmed(await uppy.upload(fileId), LARGE);
  expect(sent).toEqual([1, 2, 1, 2, 3]);
});

test("an upload in parts that was aborted elsewhere begins anew: the service says so", async () => {
  const fileId = await uppy.add(LARGE);
  const abort = async (route: Route): Promise<void> => {
    await uppy.client.multipart.abort(await uppy.photoIdOf(fileId));
    await route.continue();
  };
  await uppy.page.route(/\/multipart\/parts\?numbers=2$/, abort, { times: 1 });
  const sent = uppy.sent();
  await uppy.expectConfirmed(await uppy.upload(fileId), LARGE);
  expect(sent).toEqual([1, 1, 2, 3]);
});

test("a completion whose answer was lost is found by a retry, which sends nothing", async () => {
  const fileId = await uppy.add(LARGE, { attempts: 1 });
  await uppy.page.route("**/multipart/complete", async (route) => {
    await uppy.client.multipart.complete(await uppy.photoIdOf(fileId));
    await route.abort("connectionreset");
  });
  expect(await uppy.upload(fileId)).toMatchObject({ error: UNREACHABLE });
  await uppy.page.unrouteAll();
  const sent = uppy.sent();
  await uppy.expectConfirmed(await uppy.retry(fileId), LARGE);
  expect(sent).toEqual([]);
});

test("an upload URL whose answer was lost belongs to the photo of the retry", async () => {
  const fileId = await uppy.add(undefined, { attempts: 1 });
  let photoId: unknown;
  await uppy.page.route("**/photos/upload-url", async (route) => {
    ({ photo_id: photoId } = (await (await route.fetch()).json()) as { photo_id: string });
    await route.abort("connectionreset");
  });
  expect(await uppy.upload(fileId)).toMatchObject({ error: UNREACHABLE });
  await uppy.page.unrouteAll();
  expect(await uppy.retry(fileId)).toMatchObject({ error: null, photoId });
});

test("of a photo that somebody deleted a retry makes a new one", async () => {
  const fileId = await uppy.add(LARGE);
  await uppy.onPuts(2, 1, async (route) => {
    await uppy.client.deletePhoto(await uppy.photoIdOf(fileId));
    await refusal(400, "Gone")(route);
  });
  const failed = await uppy.upload(fileId);
  const gone = await uppy.retry(fileId);
  expect(gone.error).toMatch(/photo/i);
  const outcome = await uppy.retry(fileId);
  await uppy.expectConfirmed(outcome, LARGE);
  expect(outcome.photoId).not.toBe(failed.photoId);
});
