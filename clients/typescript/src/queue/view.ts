import { fractionOf } from "../progress.js";
import { Emitter, shielded } from "./emitter.js";
import { canRetry, hasArrived, hasEnded, type ItemError, type QueueItem, type StoredItem } from "./item.js";
import type { WaitReason } from "./pauses.js";

/** What is true of this moment only, and is stored nowhere. */
export interface Moment {
  readonly paused: boolean;
  /** Why nothing, or not all, moves; null while it does, or there is nothing to do. */
  readonly waitingFor: WaitReason | null;
  /** PUTs at once. */
  readonly concurrency: number;
  readonly bytesPerSecond: number | null;
  readonly errors: ReadonlyMap<string, ItemError>;
}

export interface QueueProgress {
  readonly total: number;
  /** The service has these. */
  readonly arrived: number;
  readonly completed: number;
  readonly failed: number;
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** 0 to 1, weighed by bytes; covers the detection too. What has failed is counted as ended. */
  readonly fraction: number;
}

export interface QueueSnapshot extends Omit<Moment, "errors"> {
  /** In the order in which they were added. */
  readonly items: readonly QueueItem[];
  readonly progress: QueueProgress;
  /** Whether this tab does the work. */
  readonly isOwner: boolean;
}

const IDLE: Moment = { paused: false, waitingFor: null, concurrency: 1, bytesPerSecond: null, errors: new Map() };
/** Progress is told this often at the most; everything else at once. */
const PROGRESS_MS = 100;

/** What is shown of a queue, in this tab or of another one's: a snapshot that changes as a whole, and events. */
export class View {
  readonly emitter = new Emitter();
  private readonly records = new Map<string, StoredItem>();
  private readonly sent = new Map<string, number>();
  private readonly shown = new Map<string, QueueItem>();
  private readonly listeners = new Set<() => void>();
  private now: Moment = IDLE;
  private owner = false;
  private snapshot: QueueSnapshot | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** The same object until something changes. */
  getSnapshot(): QueueSnapshot {
    this.snapshot ??= this.summed();
    return this.snapshot;
  }

  get items(): StoredItem[] {
    return [...this.records.values()];
  }

  get(id: string): QueueItem | undefined {
    const record = this.records.get(id);
    if (!record) return undefined;
    const item = this.shown.get(id) ?? this.itemOf(record);
    this.shown.set(id, item);
    return item;
  }

  changed(records: readonly StoredItem[]): void {
    const before = records.map(({ id }) => this.records.get(id));
    for (const record of records) {
      this.records.set(record.id, record);
      this.shown.delete(record.id);
      if (record.step !== "sending") this.sent.delete(record.id);
    }
    this.tell();
    for (const [index, record] of records.entries()) this.announce(before[index], record);
  }

  removed(ids: readonly string[]): void {
    const known = ids.filter((id) => this.records.has(id));
    for (const id of known) for (const map of [this.records, this.sent, this.shown]) map.delete(id);
    this.tell();
    for (const id of known) this.emitter.emit("removed", { id });
  }

  sentBytes(id: string, bytes: number): void {
    this.sent.set(id, bytes);
    this.shown.delete(id);
    this.snapshot = undefined;
    this.timer ??= setTimeout(() => {
      this.tell();
    }, PROGRESS_MS);
  }

  moment(now: Moment, isOwner: boolean): void {
    const before = this.now;
    if (isOwner === this.owner && isSame(before, now)) return;
    for (const id of [...before.errors.keys(), ...now.errors.keys()]) this.shown.delete(id);
    this.now = now;
    this.owner = isOwner;
    this.tell();
    if (now.waitingFor === "session" && before.waitingFor !== "session") this.emitter.emit("session", undefined);
  }

  /** Of what is under way. */
  get sentByItem(): ReadonlyMap<string, number> {
    return this.sent;
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.snapshot = undefined;
    for (const listener of this.listeners) shielded(listener);
  }

  private announce(before: StoredItem | undefined, record: StoredItem): void {
    const item = this.get(record.id);
    if (!item) return;
    this.emitter.emit(before ? "changed" : "added", item);
    if (hasArrived(record) && !(before && hasArrived(before))) this.emitter.emit("arrived", item);
    if (before?.step === record.step) return;
    if (record.step === "completed") this.emitter.emit("completed", item);
    if (record.step === "failed") this.emitter.emit("failed", item);
  }

  private itemOf(record: StoredItem): QueueItem {
    const sentBytes = hasArrived(record) || record.step === "sent" ? record.fileSize : (this.sent.get(record.id) ?? 0);
    const status = hasArrived(record) ? (record.photoStatus ?? undefined) : undefined;
    const progress = hasEnded(record) ? 1 : fractionOf(sentBytes, record.fileSize, status);
    return {
      ...record,
      sentBytes,
      progress,
      lastError: this.now.errors.get(record.id) ?? null,
      canRetry: canRetry(record),
    };
  }

  private summed(): QueueSnapshot {
    const items = [...this.records.keys()].map((id) => this.get(id)).filter((item) => item !== undefined);
    const sum = (of: (item: QueueItem) => number): number => items.reduce((total, item) => total + of(item), 0);
    const count = (of: (item: QueueItem) => boolean): number => items.filter(of).length;
    const totalBytes = sum((item) => item.fileSize);
    const progress: QueueProgress = {
      total: items.length,
      arrived: count(hasArrived),
      completed: count((item) => item.step === "completed"),
      failed: count((item) => item.step === "failed"),
      sentBytes: sum((item) => item.sentBytes),
      totalBytes,
      fraction: totalBytes > 0 ? sum((item) => item.progress * item.fileSize) / totalBytes : 0,
    };
    const { paused, waitingFor, concurrency, bytesPerSecond } = this.now;
    return { items, progress, paused, waitingFor, concurrency, bytesPerSecond, isOwner: this.owner };
  }
}

function isSame(a: Moment, b: Moment): boolean {
  const simple = (["paused", "waitingFor", "concurrency", "bytesPerSecond"] as const).every((key) => a[key] === b[key]);
  return simple && a.errors.size === b.errors.size && [...a.errors].every(([id, error]) => b.errors.get(id) === error);
}
