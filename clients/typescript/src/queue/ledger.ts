import { bounded } from "./bounded.js";
import { hasArrived, type Step, type StoredItem } from "./item.js";
import { advance, type ItemEvent } from "./machine.js";
import type { QueueStore, StoredFile } from "./store.js";

export type Change = readonly [id: string, event: ItemEvent];

export interface LedgerListener {
  changed(items: readonly StoredItem[]): void;
  removed(ids: readonly string[]): void;
  /** The store failed; the queue goes on in memory and writes again later. */
  storeFailed(error: unknown): void;
}

/** Steps from which the next thing is to ask the service: no file is needed for that. */
const ASKED_FIRST: ReadonlySet<Step> = new Set(["sending", "sent"]);
/** Until a failed write is tried again, if nothing is written before. */
const AGAIN_MS = 10_000;

/** The owner's book: all items as they are now, and the store in step with it or a little behind. */
export class Ledger {
  private readonly store: QueueStore;
  private readonly listener: LedgerListener;
  private readonly book = new Map<string, StoredItem>();
  private readonly unwritten = new Set<string>();
  private readonly surplusFiles = new Set<string>();
  /** The step of each, as it stands in the store. */
  private readonly written = new Map<string, Step>();
  private turn: Promise<unknown> = Promise.resolve();
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(store: QueueStore, listener: LedgerListener) {
    this.store = store;
    this.listener = listener;
  }

  get items(): StoredItem[] {
    return [...this.book.values()];
  }

  get(id: string): StoredItem | undefined {
    return this.book.get(id);
  }

  async load(): Promise<{ paused: boolean }> {
    const { items, paused } = await bounded(this.store.load());
    this.adopt(items);
    return { paused };
  }

  /** Items that are in the store already. */
  adopt(items: readonly StoredItem[]): void {
    const fresh = items.filter((item) => !this.book.has(item.id));
    for (const item of [...fresh].sort((a, b) => a.addedAt - b.addedAt)) this.book.set(item.id, item);
    for (const { id, step } of fresh) this.written.set(id, step);
    if (fresh.length > 0) this.listener.changed(fresh);
  }

  /** Writes what happened. Doesn't reject: each step may be done again, so a store that is behind loses nothing. */
  apply(changes: readonly Change[]): Promise<void> {
    return this.inTurn(async () => {
      const changed = this.advanced(changes);
      for (const item of changed) this.put(item);
      this.listener.changed(changed);
      await this.write();
    });
  }

  /** The last try to write what could not be written. */
  async close(): Promise<void> {
    clearTimeout(this.again);
    await this.inTurn(() => this.write());
    clearTimeout(this.again);
  }

  /** Writes what the user wants, and only then counts on it. Rejects when it could not be written. */
  command(changes: readonly Change[]): Promise<void> {
    return this.inTurn(async () => {
      const changed = this.advanced(changes);
      if (changed.length === 0) return;
      await this.save(changed);
      for (const item of changed) this.book.set(item.id, item);
      this.listener.changed(changed);
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      await bounded(this.store.remove(ids));
      for (const id of ids)
        for (const known of [this.book, this.unwritten, this.surplusFiles, this.written]) known.delete(id);
      this.listener.removed(ids);
    });
  }

  /** The store's, or undefined. */
  async file(id: string): Promise<StoredFile | undefined> {
    return bounded(this.store.file(id));
  }

  private put(item: StoredItem): void {
    this.book.set(item.id, item);
    this.unwritten.add(item.id);
    if (hasArrived(item) && item.origin.kind !== "uri") this.surplusFiles.add(item.id);
  }

  private advanced(changes: readonly Change[]): StoredItem[] {
    const changed = new Map<string, StoredItem>();
    for (const [id, event] of changes) {
      const before = changed.get(id) ?? this.book.get(id);
      const after = before && advance(before, event);
      if (after && after !== before) changed.set(id, after);
    }
    return [...changed.values()];
  }

  private async write(): Promise<void> {
    if (this.unwritten.size === 0 && this.surplusFiles.size === 0) return;
    try {
      await this.catchUp();
    } catch (error) {
      this.listener.storeFailed(error);
      clearTimeout(this.again);
      this.again = setTimeout(() => void this.inTurn(() => this.write()), AGAIN_MS);
    }
  }

  private async catchUp(): Promise<void> {
    const ids = [...this.unwritten];
    const files = [...this.surplusFiles];
    const items = ids.map((id) => this.book.get(id)).filter((item) => item !== undefined);
    try {
      await this.save(items);
    } catch (error) {
      if (!(await this.madeRoom())) throw error;
      await this.save(items);
    }
    for (const id of ids) this.unwritten.delete(id);
    // Only after it is written that nobody needs them any more.
    if (files.length > 0) await bounded(this.store.removeFiles(files));
    for (const id of files) this.surplusFiles.delete(id);
  }

  private async save(items: readonly StoredItem[]): Promise<void> {
    await bounded(this.store.save(items));
    for (const { id, step } of items) this.written.set(id, step);
  }

  /** On a full disk: files go whose photo has arrived, as the service will say to whoever reads the record as it is. */
  private async madeRoom(): Promise<boolean> {
    const files = [...this.surplusFiles].filter((id) => ASKED_FIRST.has(this.written.get(id) ?? "waiting"));
    if (files.length > 0) await bounded(this.store.removeFiles(files));
    for (const id of files) this.surplusFiles.delete(id);
    return files.length > 0;
  }

  /** One after the other, so that no write overtakes another. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
