import { DatabaseSync } from "node:sqlite";

import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";

import { MemoryStore } from "../../../src/queue/store.js";
import { AsyncStorageStore, type AsyncStorageLike } from "../../../src/queue/stores/async-storage.js";
import { ExpoSQLiteStore, type ExpoSQLiteLike } from "../../../src/queue/stores/expo-sqlite.js";
import { IndexedDBStore } from "../../../src/queue/stores/indexeddb.js";
import { storeContract, storedItem } from "../../contract/store.js";

class AsyncStorage implements AsyncStorageLike {
  readonly entries = new Map<string, string>();
  getItem = (key: string): Promise<string | null> => Promise.resolve(this.entries.get(key) ?? null);
  setItem = (key: string, value: string): Promise<void> => Promise.resolve(void this.entries.set(key, value));
  removeItem = (key: string): Promise<void> => Promise.resolve(void this.entries.delete(key));
  getAllKeys = (): Promise<string[]> => Promise.resolve([...this.entries.keys()]);
}

/** A real SQLite behind the calls of expo-sqlite. */
class ExpoSQLite implements ExpoSQLiteLike {
  readonly database = new DatabaseSync(":memory:");
  execAsync = (source: string): Promise<void> => {
    this.database.exec(source);
    return Promise.resolve();
  };
  runAsync = (source: string, params: (string | number)[]): Promise<unknown> =>
    Promise.resolve(this.database.prepare(source).run(...params));
  getAllAsync = <T>(source: string, params: (string | number)[]): Promise<T[]> =>
    Promise.resolve(this.database.prepare(source).all(...params) as T[]);
}

storeContract("MemoryStore", () => {
  const store = new MemoryStore();
  return { open: () => store };
});
storeContract("AsyncStorageStore", () => {
  const storage = new AsyncStorage();
  return { open: () => new AsyncStorageStore(storage) };
});
storeContract("ExpoSQLiteStore", () => {
  const database = new ExpoSQLite();
  return { open: () => new ExpoSQLiteStore(database) };
});
storeContract("IndexedDBStore", () => {
  const indexedDB = new IDBFactory();
  return { open: () => new IndexedDBStore({ indexedDB }) };
});

test("two queues in one AsyncStorage or SQLite don't see each other, nor the app's own entries", async () => {
  const [storage, database] = [new AsyncStorage(), new ExpoSQLite()];
  storage.entries.set("photodock-uploads-of-the-app", "its own");
  const pairs = [
    [new AsyncStorageStore(storage, "one"), new AsyncStorageStore(storage, "other")],
    [new ExpoSQLiteStore(database, "one"), new ExpoSQLiteStore(database, "other")],
  ] as const;
  for (const [one, other] of pairs) {
    await one.add([storedItem("a", { origin: { kind: "uri", uri: "file:///a.jpg" } })]);
    await one.savePaused(true);
    expect(await other.load()).toEqual({ items: [], paused: false });
    await other.remove(["a"]);
    expect((await one.load()).items).toHaveLength(1);
  }
});

test("an entry that can't be read doesn't take the others with it", async () => {
  const storage = new AsyncStorage();
  const store = new AsyncStorageStore(storage);
  await store.add([storedItem("a")]);
  storage.entries.set("photodock-uploads:item:b", '{"id": "b", "st');
  expect((await store.load()).items).toEqual([storedItem("a")]);
});

test("a table that could not be made is made by the next call", async () => {
  const database = new ExpoSQLite();
  const { execAsync } = database;
  database.execAsync = () => Promise.reject(new Error("locked"));
  const store = new ExpoSQLiteStore(database);
  await expect(store.load()).rejects.toThrow("locked");
  database.execAsync = execAsync;
  expect(await store.load()).toEqual({ items: [], paused: false });
});

test("a browser that can't store a Blob stores its bytes", async () => {
  const store = new IndexedDBStore({ indexedDB: withoutBlobs(new IDBFactory()) });
  await store.add([storedItem("a")], new Map([["a", new Blob(["abc"], { type: "image/png" })]]));
  const file = (await store.file("a")) as Blob;
  expect([await file.text(), file.type]).toEqual(["abc", "image/png"]);
});

test("a connection that the browser has dropped is opened again", async () => {
  const indexedDB = new IDBFactory();
  const opened: IDBDatabase[] = [];
  const store = new IndexedDBStore({ indexedDB: watched(indexedDB, opened) });
  await store.add([storedItem("a")], new Map());
  opened[0]?.close();
  expect((await store.load()).items).toHaveLength(1);
  expect(opened).toHaveLength(2);
});

function watched(factory: IDBFactory, opened: IDBDatabase[]): globalThis.IDBFactory {
  return proxied(factory, "open", (request: IDBOpenDBRequest) => {
    request.addEventListener("success", () => opened.push(request.result));
    return request;
  });
}

/** WebKit's "Error preparing Blob/File data to be stored in object store". */
function withoutBlobs(factory: IDBFactory): globalThis.IDBFactory {
  return proxied(factory, "open", (request: IDBOpenDBRequest) => {
    request.addEventListener("success", () => {
      const database = request.result;
      const transaction = database.transaction.bind(database);
      database.transaction = (...given: Parameters<IDBDatabase["transaction"]>) => {
        const made = transaction(...given);
        const objectStore = made.objectStore.bind(made);
        made.objectStore = (name) => {
          const store = objectStore(name);
          const put = store.put.bind(store);
          store.put = (value: unknown, key) => {
            if (value instanceof Blob) throw new DOMException("Error preparing Blob/File data", "UnknownError");
            return put(value, key);
          };
          return store;
        };
        return made;
      };
    });
    return request;
  });
}

function proxied(
  factory: IDBFactory,
  method: "open",
  then: (request: IDBOpenDBRequest) => IDBOpenDBRequest,
): globalThis.IDBFactory {
  return new Proxy(factory, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== "function") return value;
      if (name !== method) return value.bind(object) as unknown;
      return (...given: unknown[]) => then(value.apply(object, given) as IDBOpenDBRequest);
    },
  });
}
