import type { StoredItem } from "../item.js";
import { decodeItem, encodeItem, type QueueStore, type StoredQueue } from "../store.js";

/** What is used of a database of `expo-sqlite` (`openDatabaseAsync`). */
export interface ExpoSQLiteLike {
  execAsync(source: string): Promise<void>;
  runAsync(source: string, params: (string | number)[]): Promise<unknown>;
  getAllAsync<T>(source: string, params: (string | number)[]): Promise<T[]>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS photodock_uploads (
    queue TEXT NOT NULL, id TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (queue, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS photodock_queues (queue TEXT PRIMARY KEY, paused INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Rows by one statement: SQLite may be built to take no more than 999 parameters. */
const ROWS = 100;

/** Keeps a queue in SQLite. Files stay where they are and are known by their URI. */
export class ExpoSQLiteStore implements QueueStore {
  readonly keepsFiles = false;
  private readonly database: ExpoSQLiteLike;
  private readonly name: string;
  private ready: Promise<void> | undefined;

  constructor(database: ExpoSQLiteLike, name = "photodock-uploads") {
    this.database = database;
    this.name = name;
  }

  async load(): Promise<StoredQueue> {
    await this.prepared();
    const items = await this.database.getAllAsync<{ item: string }>(
      "SELECT item FROM photodock_uploads WHERE queue = ?",
      [this.name],
    );
    const [queue] = await this.database.getAllAsync<{ paused: number }>(
      "SELECT paused FROM photodock_queues WHERE queue = ?",
      [this.name],
    );
    return {
      items: items.map(({ item }) => decodeItem(item)).filter((item) => item !== null),
      paused: queue?.paused === 1,
    };
  }

  async add(items: readonly StoredItem[]): Promise<void> {
    await this.prepared();
    for (const some of chunks(items)) {
      const rows = some.map(() => "(?, ?, ?)").join(", ");
      const params = some.flatMap((item) => [this.name, item.id, encodeItem(item)]);
      await this.database.runAsync(`INSERT OR REPLACE INTO photodock_uploads (queue, id, item) VALUES ${rows}`, params);
    }
  }

  async save(items: readonly StoredItem[]): Promise<void> {
    await this.prepared();
    for (const item of items) {
      const params = [encodeItem(item), this.name, item.id];
      await this.database.runAsync("UPDATE photodock_uploads SET item = ? WHERE queue = ? AND id = ?", params);
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.prepared();
    for (const some of chunks(ids)) {
      const marks = some.map(() => "?").join(", ");
      const source = `DELETE FROM photodock_uploads WHERE queue = ? AND id IN (${marks})`;
      await this.database.runAsync(source, [this.name, ...some]);
    }
  }

  file(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  removeFiles(): Promise<void> {
    return Promise.resolve();
  }

  async savePaused(paused: boolean): Promise<void> {
    await this.prepared();
    const source = "INSERT OR REPLACE INTO photodock_queues (queue, paused) VALUES (?, ?)";
    await this.database.runAsync(source, [this.name, paused ? 1 : 0]);
  }

  private prepared(): Promise<void> {
    this.ready ??= this.database.execAsync(SCHEMA).catch((error: unknown) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / ROWS) }, (_, index) =>
    all.slice(index * ROWS, (index + 1) * ROWS),
  );
}
