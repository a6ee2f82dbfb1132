import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { AsyncStorageStore, type AsyncStorageLike } from "../../../src/queue/stores/async-storage.js";
import { ExpoBackgroundTransport, type ExpoFileSystem } from "../../../src/react-native/index.js";
import { allCompleted, items, offline, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function asyncStorage(): AsyncStorageLike {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => Promise.resolve(entries.get(key) ?? null),
    setItem: (key, value) => Promise.resolve(void entries.set(key, value)),
    removeItem: (key) => Promise.resolve(void entries.delete(key)),
    getAllKeys: () => Promise.resolve([...entries.keys()]),
  };
}

/** The phone's files, by their whole addresses, and Expo's way to send them to a world. */
function phone(world: World, files: Map<string, number>): ExpoBackgroundTransport {
  const fileSystem: ExpoFileSystem = {
    FileSystemUploadType: { BINARY_CONTENT: 0 },
    FileSystemSessionType: { BACKGROUND: 0 },
    getInfoAsync: (uri) => Promise.resolve({ exists: files.has(uri) }),
    createUploadTask: (url, uri) => ({
      uploadAsync: () => {
        world.calls.push("put");
        const size = files.get(uri);
        if (size === undefined || !world.online) return Promise.reject(new Error("Unable to upload the file"));
        return Promise.resolve(world.put(url, size, "none"));
      },
      cancelAsync: () => Promise.resolve(),
    }),
  };
  return new ExpoBackgroundTransport(fileSystem);
}

const PHOTO = { uri: "a.jpg", name: "a.jpg", size: 2_000, type: "image/jpeg" };

test("an app that is opened again, in another folder after an update, goes on with its files", async () => {
  const world = new World();
  const storage = asyncStorage();
  const before = worldQueue(world, { store: new AsyncStorageStore(storage), network: offline() });
  await before.addAll([PHOTO, { ...PHOTO, uri: "b.jpg", name: "b.jpg" }]);
  await before.stop();
  const files = new Map([
    ["file:///new/a.jpg", 2_000],
    ["file:///new/b.jpg", 2_000],
  ]);
  const options = { transport: phone(world, files), resolveUri: (uri: string) => `file:///new/${uri}` };
  const queue = worldQueue(world, { store: new AsyncStorageStore(storage), ...options });
  await queue.start();
  expect(items(queue).map(({ fileName }) => fileName)).toEqual(["a.jpg", "b.jpg"]);
  await until(allCompleted(queue));
  expect([world.arrived.length, world.count("put")]).toEqual([2, 2]);
});

test("a file that is gone fails as such, at once, and no other with it", async () => {
  const world = new World();
  const files = new Map([["file:///b.jpg", 2_000]]);
  const queue = worldQueue(world, { store: new AsyncStorageStore(asyncStorage()), transport: phone(world, files) });
  const [gone] = await queue.addAll([
    { ...PHOTO, uri: "file:///a.jpg" },
    { ...PHOTO, uri: "file:///b.jpg", name: "b.jpg" },
  ]);
  await until(() => steps(queue).join() === "failed,completed");
  expect(items(queue)[0]?.error?.code).toBe("file_missing");
  expect(world.count("put")).toBe(2);
  files.set("file:///a.jpg", 2_000);
  await queue.retry(gone?.id);
  await until(allCompleted(queue));
});
