import { beforeEach, expect, test } from "vitest";

import { startedChromium } from "../browser/harness.js";
import { bundle } from "./bundle.js";
import { LARGE, MIB, PART, UppyPage } from "./page.js";

const chromium = await startedChromium();
const { script } = await bundle("kit.ts");
let uppy: UppyPage;

beforeEach(async () => {
  uppy = await UppyPage.open(chromium, script);
});

test("a small photo goes by one PUT, and is confirmed when Uppy says that it is uploaded", async () => {
  const sent = uppy.sent();
  const outcome = await uppy.upload(await uppy.add());
  await uppy.expectConfirmed(outcome, uppy.head.length);
  expect(sent).toEqual([0]);
});

test("a large photo goes in parts", async () => {
  const sent = uppy.sent();
  const outcome = await uppy.upload(await uppy.add(LARGE));
  await uppy.expectConfirmed(outcome, LARGE);
  expect(sent).toEqual([1, 2, 3]);
});

test("where the service wants no parts the file goes as a whole", async () => {
  const sent = uppy.sent();
  const outcome = await uppy.upload(await uppy.add(6 * MIB, { multipartFrom: PART }));
  await uppy.expectConfirmed(outcome, 6 * MIB);
  expect(sent).toEqual([0]);
});

test("cancelling aborts the upload in parts", async () => {
  await uppy.add(LARGE);
  await uppy.slowDown();
  const photoId = await uppy.page.evaluate(async (size) => {
    kit.during(2, size, () => {
      kit.running().cancelAll();
    });
    let photoId: unknown;
    kit.running().on("file-removed", (file) => (photoId = file.meta["photoId"]));
    await kit.running().upload();
    return String(photoId);
  }, PART);
  const parts = async (): Promise<unknown> => uppy.client.multipart.parts(photoId).catch((error: unknown) => error);
  await expect.poll(parts).toMatchObject({ code: "multipart_not_started", status: 409 });
});

test("an upload that was paused goes on with the part that was cut off", async () => {
  const sent = uppy.sent();
  const fileId = await uppy.add(LARGE);
  await uppy.slowDown();
  await uppy.page.evaluate((size) => {
    kit.during(2, size, () => {
      kit.running().pauseAll();
      kit.running().resumeAll();
    });
  }, PART);
  await uppy.expectConfirmed(await uppy.upload(fileId), LARGE);
  expect(sent).toEqual([1, 2, 2, 3]);
});

test("after a reload the upload goes on, with what Uppy had kept of it", async () => {
  const fileId = await uppy.add(LARGE);
  await uppy.slowDown();
  const kept = await uppy.page.evaluate(
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
  await uppy.page.close();

  const { head } = uppy;
  uppy = await UppyPage.open(chromium, script);
  // The page was closed in the middle of part 2, of which the store may have had all by then. Part 1 it had for sure.
  const { uploaded } = await uppy.client.multipart.parts(kept?.key ?? "");
  const there = uploaded.map(({ part_number }) => part_number);
  expect(there).toContain(1);
  uppy.head = head;
  const sent = uppy.sent();
  const restored = await uppy.add(LARGE);
  await uppy.page.evaluate(
    ([fileId, kept]) => {
      kit.running().setFileState(fileId, kept ? { s3Multipart: kept } : {});
    },
    [restored, kept] as const,
  );
  const outcome = await uppy.upload(restored);
  expect(outcome).toMatchObject({ error: null, key: kept?.key });
  expect(sent).toEqual([1, 2, 3].filter((number) => !there.includes(number)));
});

test("a refused file shows the service's sentence", async () => {
  uppy.head = uppy.head.slice(0, 100);
  const { error, shown } = await uppy.upload(await uppy.add());
  expect(error).toMatch(/^The photo has 100 bytes; the least is 1024/);
  expect(shown).toEqual([`Failed to upload roof.png ${error ?? ""}`]);
});

test("a file that is not what its type says shows why, and a retry makes a new photo of it", async () => {
  const fileId = await uppy.page.evaluate(
    ([setting, head]) => {
      kit.start(setting);
      return kit.add(head, undefined, "roof.jpg", "image/jpeg");
    },
    [chromium.installation, uppy.head] as const,
  );
  const error = "The content is image/png; image/jpeg was declared.";
  const first = await uppy.upload(fileId);
  const second = await uppy.retry(fileId);
  expect([first, second]).toMatchObject([{ error }, { error }]);
  expect(second.photoId).not.toBe(first.photoId);
});
