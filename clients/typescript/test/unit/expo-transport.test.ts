import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { ExpoBackgroundTransport, type ExpoFileSystem } from "../../src/react-native/index.js";
import { bytesOf, exercise, transportContract, type Sending } from "../contract/transport.js";
import { expoFileSystem } from "../support/expo-file-system.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "photodock-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(size: number): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.jpg`);
  await writeFile(path, bytesOf(size));
  return pathToFileURL(path).href;
}

const transport = new ExpoBackgroundTransport(expoFileSystem);
transportContract("Expo's FileSystem", () =>
  Promise.resolve({
    bodies: ["FileUri"],
    send: async (sending: Sending) => exercise(transport, { uri: await file(sending.size) }, sending),
  }),
);

const REQUEST = { url: "http://127.0.0.1:9/", method: "PUT", headers: {} };

test("a file that is gone is told as such, with the system's own failure as the cause", async () => {
  const sent = transport.send({ ...REQUEST, body: { uri: `${pathToFileURL(folder).href}/gone.jpg` } });
  const cause = { code: "ERR_FILESYSTEM_CANNOT_UPLOAD" };
  await expect(sent).rejects.toMatchObject({ code: "file_missing", retryable: false, cause });
});

test("where the file can't be looked for, it is the network's failure", async () => {
  const fileSystem = { ...expoFileSystem, getInfoAsync: () => Promise.reject(new Error("locked")) };
  const body = { uri: `${pathToFileURL(folder).href}/gone.jpg` };
  const sent = new ExpoBackgroundTransport(fileSystem).send({ ...REQUEST, body });
  await expect(sent).rejects.toMatchObject({ code: "network_error", cause: { code: "ERR_FILESYSTEM_CANNOT_UPLOAD" } });
});

test("bytes and other methods than PUT are mistakes of the program", async () => {
  await expect(transport.send({ ...REQUEST, body: new Uint8Array(3) })).rejects.toThrow(TypeError);
  await expect(transport.send({ ...REQUEST, method: "POST", body: { uri: "file:///a" } })).rejects.toThrow(TypeError);
});

function answering(result: unknown): ExpoFileSystem {
  const task = { uploadAsync: () => Promise.resolve(result), cancelAsync: () => Promise.reject(new Error("gone")) };
  return { ...expoFileSystem, createUploadTask: () => task as ReturnType<ExpoFileSystem["createUploadTask"]> };
}

test("a task that the system has ended is a NetworkError", async () => {
  const sent = new ExpoBackgroundTransport(answering(null)).send({ ...REQUEST, body: { uri: await file(3) } });
  await expect(sent).rejects.toMatchObject({ name: "NetworkError" });
});

test("an answer that is no text has an empty one", async () => {
  const fileSystem = answering({ status: 200, headers: { Etag: '"a"' }, body: null });
  const sent = new ExpoBackgroundTransport(fileSystem).send({ ...REQUEST, body: { uri: "file:///a" } });
  await expect(sent).resolves.toEqual({ status: 200, headers: { etag: '"a"' }, body: "" });
});
