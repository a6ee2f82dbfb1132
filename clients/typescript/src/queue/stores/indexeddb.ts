import type { StoredItem } from "../item.js";
import type { QueueStore, StoredFile, StoredQueue } from "../store.js";

export interface IndexedDBStoreOptions {
  /** Two queues of one page need two names. */
  readonly name?: string | undefined;
  readonly indexedDB?: IDBFactory | undefined;
}

/** Bytes in place of a Blob, for a browser that could not store that. */
interface Bytes {
  readonly buffer: ArrayBuffer;
  readonly type: string;
}

type Stores = "items" | "files" | "queue";
const PAUSED = "paused";

/** Keeps a queue in a browser, files and all. Ask for `navigator.storage.persist()` beside it, so that it stays. */
export class IndexedDBStore implements QueueStore {
  readonly keepsFiles = true;
  private readonly name: string;
  private readonly factory: IDBFactory;
  private database: Promise<IDBDatabase> | undefined;

  constructor(options: IndexedDBStoreOptions = {}) {
    this.name = options.name ?? "photodock-uploads";
    this.factory = options.indexedDB ?? indexedDB;
  }

  async load(): Promise<StoredQueue> {
    return this.run(["items", "queue"], "readonly", async (at) => {
      const [items, paused] = await Promise.all([
        done(at("items").getAll() as IDBRequest<StoredItem[]>),
        done(at("queue").get(PAUSED) as IDBRequest<boolean | undefined>),
      ]);
      return { items, paused: paused === true };
    });
  }

  async add(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile>): Promise<void> {
    try {
      await this.insert(items, files);
    } catch (error) {
      // WebKit fails now and then to "prepare a Blob", and then stores its bytes. Out of space stays out of space.
      if (isQuota(error)) throw error;
      await this.insert(items, await asBytes(files));
    }
  }

  async save(items: readonly StoredItem[]): Promise<void> {
    await this.run(["items"], "readwrite", async (at) => {
      const store = at("items");
      const keys = await Promise.all(items.map(({ id }) => done(store.getKey(id))));
      for (const [index, item] of items.entries()) if (keys[index] !== undefined) store.put(item, item.id);
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.run(["items", "files"], "readwrite", (at) => {
      for (const id of ids) {
        at("items").delete(id);
        at("files").delete(id);
      }
    });
  }

  async file(id: string): Promise<StoredFile | undefined> {
    const found = await this.run(["files"], "readonly", (at) =>
      done(at("files").get(id) as IDBRequest<StoredFile | Bytes | undefined>),
    );
    return found && "buffer" in found ? new Blob([found.buffer], { type: found.type }) : found;
  }

  async removeFiles(ids: readonly string[]): Promise<void> {
    await this.run(["files"], "readwrite", (at) => {
      for (const id of ids) at("files").delete(id);
    });
  }

  async savePaused(paused: boolean): Promise<void> {
    await this.run(["queue"], "readwrite", (at) => {
      at("queue").put(paused, PAUSED);
    });
  }

  private insert(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile | Bytes>): Promise<void> {
    return this.run(["items", "files"], "readwrite", (at) => {
      for (const item of items) at("items").put(item, item.id);
      for (const [id, file] of files) at("files").put(file, id);
    });
  }

  /** One transaction; resolves when it is on the disk. A connection that the browser has dropped is opened once more. */
  private async run<T>(
    names: Stores[],
    mode: IDBTransactionMode,
    work: (at: (name: Stores) => IDBObjectStore) => T | Promise<T>,
  ): Promise<T> {
    let database = await this.open();
    let transaction: IDBTransaction;
    try {
      transaction = database.transaction(names, mode, { durability: "strict" });
    } catch {
      this.database = undefined;
      database = await this.open();
      transaction = database.transaction(names, mode, { durability: "strict" });
    }
    const ended = end(transaction);
    try {
      const [result] = await Promise.all([work((name) => transaction.objectStore(name)), ended]);
      return result;
    } catch (error) {
      abort(transaction);
      // Of both failures the transaction's says why: quota, or the disk.
      await ended;
      throw error;
    }
  }

  private open(): Promise<IDBDatabase> {
    this.database ??= new Promise((resolve, reject) => {
      const request = this.factory.open(this.name, 1);
      request.onupgradeneeded = () => {
        for (const name of ["items", "files", "queue"] satisfies Stores[]) request.result.createObjectStore(name);
      };
      request.onsuccess = () => {
        const forget = (): void => {
          this.database = undefined;
        };
        request.result.onclose = forget;
        request.result.onversionchange = () => {
          request.result.close();
          forget();
        };
        resolve(request.result);
      };
      request.onerror = () => {
        this.database = undefined;
        reject(reasonOf(request.error));
      };
    });
    return this.database;
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(reasonOf(request.error));
    };
  });
}

function end(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(reasonOf(transaction.error));
    };
  });
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself.
  }
}

function reasonOf(error: DOMException | null): Error {
  return error ?? new Error("The browser's database ended the transaction.");
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

async function asBytes(files: ReadonlyMap<string, StoredFile>): Promise<Map<string, StoredFile | Bytes>> {
  const pairs = [...files].map(async ([id, file]): Promise<[string, StoredFile | Bytes]> => [
    id,
    file instanceof Blob ? { buffer: await file.arrayBuffer(), type: file.type } : file,
  ]);
  return new Map(await Promise.all(pairs));
}
