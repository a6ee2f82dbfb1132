import { expect, test } from "vitest";

import { PhotodockClient } from "../../src/index.js";
import { webCryptoHasher } from "../../src/hash.js";
import { putFile } from "../../src/storage.js";
import { installation } from "../support/installation.js";
import { png } from "../support/photos.js";

const { baseUrl, projectId, token } = installation();
const client = new PhotodockClient({ baseUrl, token: () => token });
const SIZE = 9_000_000;

test("a large photo goes in parts, is resumed where it was, and is then one that the project has", async () => {
  const bytes = png(SIZE);
  const checksum = (await webCryptoHasher(bytes)) ?? "";
  const { photo_id } = await client.requestUpload({
    ...{ project_id: projectId, file_name: "roof.png", file_size: SIZE, mime_type: "image/png" },
    checksum_sha256: checksum,
  });
  expect(await client.exists(projectId, [checksum])).toEqual([]);

  const { part_size, part_count } = await client.multipart.start(photo_id);
  const send = async (number: number): Promise<void> => {
    const [part] = (await client.multipart.parts(photo_id, { numbers: [number] })).items;
    if (!part) throw new Error("No URL was given.");
    const start = (number - 1) * part_size;
    await putFile(client.transport, part, bytes.subarray(start, start + part.size));
  };
  await send(1);
  expect((await client.multipart.parts(photo_id)).uploaded.map(({ part_number }) => part_number)).toEqual([1]);
  expect((await client.multipart.start(photo_id)).part_count).toBe(part_count);
  for (let number = 2; number <= part_count; number += 1) await send(number);
  const { uploaded } = await client.multipart.parts(photo_id);
  const named = uploaded.map(({ part_number, etag }) => ({ part_number, etag }));
  expect(await client.multipart.complete(photo_id, named)).toMatchObject({ id: photo_id, file_size: SIZE });
  for await (const photo of client.follow(photo_id)) if (photo.status === "completed") break;

  const missing = await webCryptoHasher(png());
  const found = await client.exists(projectId, [checksum, missing ?? ""]);
  expect(found).toEqual([{ checksum_sha256: checksum, photo_id, status: "completed" }]);
});

test("an upload in parts can be given up", async () => {
  const request = { project_id: projectId, file_name: "roof.png", file_size: SIZE, mime_type: "image/png" };
  const { photo_id } = await client.requestUpload(request);
  await client.multipart.start(photo_id);
  await client.multipart.abort(photo_id);
  await expect(client.multipart.parts(photo_id)).rejects.toMatchObject({ code: "multipart_not_started" });
});
