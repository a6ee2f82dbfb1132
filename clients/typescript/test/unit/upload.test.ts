import { expect, test, vi } from "vitest";

import { StorageError, type Photo, type UploadProgress } from "../../src/index.js";
import { quickClient } from "../support/client.js";
import { hangUp, problem, scripted, type Handler, type Reply, type ScriptedServer } from "../support/server.js";

const REQUEST = "POST /photos/upload-url";
const REFRESH = "POST /photos/f1/upload-url";
const CONFIRM = "PATCH /photos/f1/status";
const GET = "GET /photos/f1";
const BYTES = new Uint8Array(5_000).fill(7);

const issued = (path: string): Handler => {
  return (response, { headers }) => {
    const answer = {
      photo_id: "f1",
      upload_url: `http://${headers.host ?? ""}${path}`,
      method: "PUT",
      expires_in_seconds: 900,
      headers: { "Content-Type": "image/jpeg", "If-None-Match": "*" },
    };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  };
};
const photo = (status: string, error: unknown = null): Reply => [
  200,
  { id: "f1", status, error },
  { ETag: `"${status}"` },
];
const refusal = (status: number, code: string): Reply => [
  status,
  `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
];
const WELL: Readonly<Record<string, readonly Reply[]>> = {
  [REQUEST]: [issued("/one")],
  [REFRESH]: [issued("/two")],
  "PUT /one": [[200]],
  "PUT /two": [[200]],
  [CONFIRM]: [photo("uploaded")],
  [GET]: [photo("uploaded")],
  [`${GET}?wait=25`]: [photo("processing"), photo("completed")],
};

async function upload(server: ScriptedServer, onProgress?: (progress: UploadProgress) => void): Promise<Photo> {
  return quickClient(server.url, { hash: null }).upload(BYTES, { projectId: "p1", onProgress });
}

/** Without the API's prefix, in order. */
function calls(server: ScriptedServer): string[] {
  return server.received.map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`);
}

test("the file is sent as it is, with the headers that were signed", async () => {
  const server = await scripted(WELL);
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server)).toEqual([REQUEST, "PUT /one", CONFIRM, GET, `${GET}?wait=25`, `${GET}?wait=25`]);
  const put = server.received[1];
  expect(put?.body.equals(BYTES)).toBe(true);
  expect(put?.headers).toMatchObject({ "content-type": "image/jpeg", "if-none-match": "*", "content-length": "5000" });
  expect(put?.headers.authorization).toBeUndefined();
});

test("412 means that it is there: it is confirmed", async () => {
  const server = await scripted({ ...WELL, "PUT /one": [refusal(412, "PreconditionFailed")] });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
});

test.each<[string, Reply]>([
  ["S3's 409", refusal(409, "ConditionalRequestConflict")],
  ["S3's 503", refusal(503, "SlowDown")],
])("after %s it is sent again", async (_, reply) => {
  const server = await scripted({ ...WELL, "PUT /one": [reply, [200]] });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server).slice(0, 4)).toEqual([REQUEST, "PUT /one", "PUT /one", CONFIRM]);
});

test("an ended URL is replaced by a fresh one of the same photo", async () => {
  const server = await scripted({ ...WELL, "PUT /one": [refusal(403, "AccessDenied")] });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server).slice(0, 5)).toEqual([REQUEST, "PUT /one", REFRESH, "PUT /two", CONFIRM]);
});

test("an ended URL of a photo that has arrived meanwhile is no failure: it is confirmed", async () => {
  const server = await scripted({
    ...WELL,
    "PUT /one": [refusal(403, "AccessDenied")],
    [REFRESH]: [[409, problem(409, "invalid_status_transition")]],
  });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server).slice(0, 4)).toEqual([REQUEST, "PUT /one", REFRESH, CONFIRM]);
});

test("a second 403 is the end: the headers or the bytes are not those that were signed", async () => {
  const denied = refusal(403, "SignatureDoesNotMatch");
  const server = await scripted({ ...WELL, "PUT /one": [denied], "PUT /two": [denied] });
  const error: unknown = await upload(server).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ code: "storage_refused", status: 403, storageCode: "SignatureDoesNotMatch" });
  expect(calls(server).filter((call) => call.startsWith("PUT"))).toEqual(["PUT /one", "PUT /two"]);
});

test("400 for other bytes than the checksum's is not sent again", async () => {
  const server = await scripted({ ...WELL, "PUT /one": [refusal(400, "BadDigest")] });
  await expect(upload(server)).rejects.toMatchObject({ storageCode: "BadDigest", retryable: false });
  expect(calls(server)).toEqual([REQUEST, "PUT /one"]);
});

test("where all bytes went and no answer came, the service looks before they are sent again", async () => {
  const server = await scripted({ ...WELL, "PUT /one": [hangUp] });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server).slice(0, 3)).toEqual([REQUEST, "PUT /one", CONFIRM]);
});

test("they are sent again where the service finds nothing", async () => {
  const missing: Reply = [409, problem(409, "upload_not_found")];
  const server = await scripted({ ...WELL, "PUT /one": [hangUp, [200]], [CONFIRM]: [missing, photo("uploaded")] });
  await expect(upload(server)).resolves.toMatchObject({ status: "completed" });
  expect(calls(server).slice(0, 5)).toEqual([REQUEST, "PUT /one", CONFIRM, "PUT /one", CONFIRM]);
});

test("what the store got and was not what was declared is an error", async () => {
  const mismatch = { code: "content_mismatch", detail: "The content is no known image." };
  const server = await scripted({ ...WELL, [CONFIRM]: [photo("failed", mismatch)] });
  await expect(upload(server)).rejects.toMatchObject(mismatch);
});

test("a failed detection is none: the photo is there", async () => {
  const failed = photo("failed", { code: "detection_failed", detail: null });
  const server = await scripted({ ...WELL, [`${GET}?wait=25`]: [failed] });
  await expect(upload(server)).resolves.toMatchObject({ status: "failed", error: { code: "detection_failed" } });
});

test("progress never falls, not even when the file is sent twice, and ends at 1", async () => {
  const server = await scripted({ ...WELL, "PUT /one": [refusal(503, "SlowDown"), [200]] });
  const told: UploadProgress[] = [];
  await upload(server, (progress) => told.push(progress));
  const fractions = told.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  expect(told.at(0)).toMatchObject({ phase: "preparing", photoId: null, fraction: 0, totalBytes: 5_000 });
  expect(told.at(-1)).toMatchObject({ phase: "done", photoId: "f1", fraction: 1, sentBytes: 5_000 });
});

test("`until: uploaded` does not wait for the detection", async () => {
  const server = await scripted(WELL);
  const client = quickClient(server.url, { hash: null });
  const photo = await client.upload(BYTES, { projectId: "p1", until: "uploaded" });
  expect(photo.status).toBe("uploaded");
  expect(calls(server).at(-1)).toBe(CONFIRM);
});

test("an abort ends it, in the middle of the file too", async () => {
  const controller = new AbortController();
  const server = await scripted(WELL);
  const client = quickClient(server.url, { hash: null });
  const onProgress = ({ phase }: UploadProgress): void => {
    if (phase === "uploading") controller.abort();
  };
  const upload = client.upload(BYTES, { projectId: "p1", onProgress, signal: controller.signal });
  await expect(upload).rejects.toMatchObject({ name: "AbortError" });
  expect(calls(server)).not.toContain(CONFIRM);
});

test("what is known of the file goes into the request, and nothing else", async () => {
  const server = await scripted(WELL);
  const hash = vi.fn(() => Promise.resolve("c2hhMjU2"));
  const file = new File([BYTES], "Dach.jpeg", { type: "image/jpeg" });
  const clientMetadata = { latitude: 52.5163, longitude: 13.3777 };
  await quickClient(server.url, { hash }).upload(file, { projectId: "p1", clientMetadata, priority: "high" });
  expect(JSON.parse(server.received[0]?.body.toString() ?? "")).toEqual({
    ...{ project_id: "p1", file_name: "Dach.jpeg", file_size: 5_000, mime_type: "image/jpeg" },
    ...{ checksum_sha256: "c2hhMjU2", client_metadata: clientMetadata, priority: "high" },
  });
  expect(hash).toHaveBeenCalledWith(BYTES);
});

test("without a hash there is no checksum, and the upload goes on", async () => {
  const server = await scripted(WELL);
  await quickClient(server.url, { hash: () => Promise.resolve(null) }).upload(BYTES, { projectId: "p1" });
  expect(server.received[0]?.body.toString()).not.toContain("checksum");
});
