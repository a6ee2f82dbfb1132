import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { PhotodockClient, PhotodockError, type IssuedUpload, type Photo, type UploadItem } from "../../src/index.js";
import { putFile } from "../../src/storage.js";
import { installation } from "../support/installation.js";
import { png } from "../support/photos.js";

const { baseUrl, token, expiredToken } = installation();
const client = new PhotodockClient({ baseUrl, token: () => token });
let projectId: string;

beforeAll(async () => {
  projectId = crypto.randomUUID();
  await client.putProject(projectId, "South roof");
});

function item(bytes: Uint8Array): UploadItem {
  return { project_id: projectId, file_name: "roof.png", file_size: bytes.length, mime_type: "image/png" };
}

function good<T extends object>(results: readonly (T | PhotodockError)[]): T[] {
  return results.map((result) => {
    if (result instanceof PhotodockError) throw result;
    return result;
  });
}

async function uploaded(): Promise<Photo> {
  return client.upload(png(), { projectId, fileName: "roof.png" });
}

test("a file of the disk is uploaded as it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "photodock-"));
  const path = join(folder, "roof.png");
  await writeFile(path, png(400_000));
  const photo = await client.upload(await openAsBlob(path), { projectId, fileName: "roof.png" });
  await rm(folder, { recursive: true });
  expect(photo).toMatchObject({ status: "completed", file_size: 400_000, mime_type: "image/png", width: 64 });
});

test("what the app measured is kept", async () => {
  const clientMetadata = { latitude: 52.5163, longitude: 13.3777, accuracy_m: 8, direction_deg: 90 };
  const photo = await client.upload(png(), { projectId, fileName: "roof.png", clientMetadata });
  expect(photo.client_metadata).toMatchObject(clientMetadata);
});

test("an upload that begins anew under its key stays one photo", async () => {
  const bytes = png();
  const options = { projectId, fileName: "roof.png", idempotencyKey: crypto.randomUUID() };
  const first = await client.upload(bytes, options);
  const second = await client.upload(bytes, options);
  expect(second.id).toBe(first.id);
});

test("many are requested and confirmed at once, and one that is refused harms none", async () => {
  const photos = [png(), png(), new Uint8Array(10)];
  const results = await client.requestUploads(photos.map(item));
  expect(results[2]).toMatchObject({ code: "file_too_small", status: 400 });
  const issued = good<IssuedUpload>(results.slice(0, 2));
  const sent = issued.map((each, index) => putFile(client.transport, each, photos[index] ?? new Uint8Array()));
  expect((await Promise.all(sent)).map(({ outcome }) => outcome)).toEqual(["stored", "stored"]);
  const missing = crypto.randomUUID();
  const confirmed = await client.confirmMany([...issued.map(({ photo_id }) => photo_id), missing]);
  expect(good<Photo>(confirmed.slice(0, 2)).map(({ id }) => id)).toEqual(issued.map(({ photo_id }) => photo_id));
  expect(confirmed[2]).toMatchObject({ code: "photo_not_found" });
});

test("a second PUT finds the first, and a fresh URL is the same photo's", async () => {
  const bytes = png();
  const issued = await client.requestUpload(item(bytes));
  const fresh = await client.refreshUpload(issued.photo_id);
  expect(fresh.photo_id).toBe(issued.photo_id);
  expect(await putFile(client.transport, fresh, bytes)).toMatchObject({ outcome: "stored" });
  expect(await putFile(client.transport, issued, bytes)).toMatchObject({ outcome: "present" });
});

test("the store's refusals are told with its own codes", async () => {
  const bytes = png();
  const issued = await client.requestUpload({
    ...item(bytes),
    checksum_sha256: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
  });
  const sent = putFile(client.transport, issued, bytes);
  await expect(sent).rejects.toMatchObject({ code: "storage_refused", status: 400, storageCode: "BadDigest" });
  await expect(putFile(client.transport, issued, png(3_000))).rejects.toMatchObject({ status: 403, retryable: false });
});

test("a confirmation before the file is there is an error", async () => {
  const { photo_id } = await client.requestUpload(item(png()));
  await expect(client.confirm(photo_id)).rejects.toMatchObject({ code: "upload_not_found", status: 409 });
});

test("a file that is no photo is `content_mismatch`", async () => {
  const upload = client.upload(new Uint8Array(2_000), { projectId, fileName: "roof.jpg" });
  await expect(upload).rejects.toMatchObject({ code: "content_mismatch" });
});

test("HEIC is refused with a sentence that says what to do", async () => {
  const upload = client.upload(new File([png()], "IMG_1.HEIC"), { projectId });
  await expect(upload).rejects.toMatchObject({ code: "invalid_file_type" });
  await expect(upload).rejects.toThrow(/Send JPEG/);
});

test("a photo's exif, its history and its end", async () => {
  const { id } = await uploaded();
  expect(await client.exif(id)).toBeNull();
  expect((await client.history(id)).map(({ to }) => to)).toEqual([
    ...["pending_upload", "uploaded", "processing", "completed"],
  ]);
  await expect(client.retryDetection(id)).rejects.toMatchObject({ code: "invalid_status_transition" });
  await client.deletePhoto(id);
  await expect(client.photo(id)).rejects.toMatchObject({ code: "photo_not_found" });
  await expect(client.deletePhoto(id)).rejects.toMatchObject({ code: "photo_not_found" });
});

test("photos are listed page by page", async () => {
  await Promise.all([uploaded(), uploaded(), uploaded()]);
  const pages: string[][] = [];
  for await (const { items } of client.photoPages({ project_id: projectId, limit: 2, status: "completed" })) {
    pages.push(items.map(({ id }) => id));
  }
  expect(pages.length).toBeGreaterThan(1);
  expect(new Set(pages.flat()).size).toBe(pages.flat().length);
});

test("projects, policies and parked jobs are the administrator's", async () => {
  expect((await client.putProject(projectId, "East roof")).name).toBe("East roof");
  expect((await client.projects()).map(({ id }) => id)).toContain(projectId);
  expect(await client.putPolicies({ gps: "keep" })).toEqual({ gps: "keep" });
  expect(await client.policies()).toEqual({ gps: "keep" });
  expect(await client.parkedJobs({ limit: 10 })).toEqual([]);
  await expect(client.retryParkedJob(2 ** 40)).rejects.toMatchObject({ status: 404 });
});

test("an expired token is renewed once", async () => {
  const asked: boolean[] = [];
  const renewing = new PhotodockClient({
    baseUrl,
    token: ({ refresh }) => {
      asked.push(refresh);
      return asked.includes(true) ? token : expiredToken;
    },
  });
  await Promise.all([renewing.projects(), renewing.projects(), renewing.projects()]);
  expect(asked.filter((refresh) => refresh)).toHaveLength(1);
  const never = new PhotodockClient({ baseUrl, token: () => expiredToken });
  await expect(never.projects()).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
});

test("a report is for detectors", async () => {
  const { id } = await uploaded();
  const report = client.report(id, { status: "completed", detections: {} });
  await expect(report).rejects.toMatchObject({ code: "insufficient_scope", status: 403 });
});
