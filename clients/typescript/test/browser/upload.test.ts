import { expect, test } from "vitest";

import { png } from "../support/photos.js";
import { startedChromium } from "./harness.js";

const chromium = await startedChromium();

test("a page uploads a photo, with progress from the first byte to the detection", async () => {
  const page = await chromium.page();
  const bytes = [...png(300_000)];
  const { photo, told } = await page.evaluate(
    async ({ baseUrl, token, projectId, bytes }) => {
      const client = new photodock.PhotodockClient({ baseUrl, token: () => token });
      const told: import("../../src/index.js").UploadProgress[] = [];
      const file = new File([new Uint8Array(bytes)], "roof.png", { type: "image/png" });
      const photo = await client.upload(file, { projectId, onProgress: (progress) => told.push(progress) });
      return { photo, told };
    },
    { ...chromium.installation, bytes },
  );

  expect(photo).toMatchObject({ status: "completed", file_name: "roof.png", file_size: 300_000, width: 64 });
  expect(photo.checksum_sha256).toHaveLength(44);
  expect([...new Set(told.map(({ phase }) => phase))]).toEqual([
    ...["preparing", "uploading", "confirming", "processing", "done"],
  ]);
  const fractions = told.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  expect(fractions.at(-1)).toBe(1);
});
