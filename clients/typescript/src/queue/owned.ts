import { bounded } from "./bounded.js";
import { Engine, type EngineListener, type EngineOptions } from "./engine.js";
import { Files, type ResolveUri } from "./files.js";
import { hasArrived, hasEnded, type StoredItem } from "./item.js";
import { Ledger, type Change, type LedgerListener } from "./ledger.js";
import type { Command } from "./peers.js";
import type { QueueStore, StoredFile } from "./store.js";
import type { Moment } from "./view.js";

export interface OwnedOptions extends Omit<EngineOptions, "ledger" | "files" | "listener"> {
  readonly store: QueueStore;
  /** Files that only this page has. */
  readonly held: Map<string, StoredFile>;
  readonly resolveUri: ResolveUri | undefined;
  /** Completed items are forgotten after so long. */
  readonly keepCompletedMs: number;
  readonly listener: LedgerListener & { sent(id: string, bytes: number): void; moment(moment: Moment): void };
}

/** A queue where it is worked on: in the one tab that owns it. */
export class OwnedQueue {
  private readonly options: OwnedOptions;
  private readonly ledger: Ledger;
  private readonly files: Files;
  private readonly engine: Engine;

  constructor(options: OwnedOptions) {
    this.options = options;
    this.ledger = new Ledger(options.store, options.listener);
    this.files = new Files(this.ledger, options.held, options.resolveUri);
    const listener: EngineListener = {
      sent: (id, bytes) => {
        options.listener.sent(id, bytes);
      },
      moved: () => {
        options.listener.moment(this.moment);
      },
    };
    this.engine = new Engine({ ...options, ledger: this.ledger, files: this.files, listener });
  }

  async start(): Promise<void> {
    const { paused } = await this.ledger.load();
    this.engine.paused = paused;
    const oldest = Date.now() - this.options.keepCompletedMs;
    const old = this.ledger.items.filter((item) => item.step === "completed" && (item.endedAt ?? 0) < oldest);
    if (old.length > 0)
      await this.forget(old).catch((error: unknown) => {
        this.options.listener.storeFailed(error);
      });
    this.engine.start();
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.ledger.close();
  }

  get moment(): Moment {
    const { concurrency } = this.options;
    return {
      paused: this.engine.paused,
      waitingFor: this.ledger.items.every(hasEnded) && !this.engine.paused ? null : this.engine.waitingFor,
      concurrency: concurrency.limit,
      bytesPerSecond: concurrency.bytesPerSecond,
      errors: this.engine.pauses.errors,
    };
  }

  /** Items that are in the store already. */
  adopt(items: readonly StoredItem[]): void {
    this.ledger.adopt(items);
    this.engine.pump();
  }

  policyChanged(): void {
    this.engine.interruptWhereForbidden();
    this.engine.pump();
  }

  /** Rejects when it could not be written down; then nothing has changed. */
  async execute(command: Command): Promise<void> {
    switch (command.type) {
      case "pause":
        await this.pause(command.id);
        break;
      case "resume":
        await this.resume(command.id);
        break;
      case "cancel":
        await this.cancel(command.id);
        break;
      case "retry":
        await this.retry(command.id, command.file);
        break;
      case "clear":
        await this.forget(this.ledger.items.filter((item) => item.step === "completed"));
    }
    this.engine.pump();
  }

  private async pause(id: string | undefined): Promise<void> {
    if (id !== undefined) {
      await this.ledger.command([[id, { type: "paused", paused: true }]]);
      this.engine.interrupt(id);
    } else {
      await bounded(this.options.store.savePaused(true));
      this.engine.paused = true;
      this.engine.interruptAll();
    }
  }

  private async resume(id: string | undefined): Promise<void> {
    if (id !== undefined) await this.ledger.command([[id, { type: "paused", paused: false }]]);
    else {
      await bounded(this.options.store.savePaused(false));
      this.engine.paused = false;
    }
    this.engine.pauses.lift();
  }

  /** What has not arrived is deleted from the service too; what has arrived stays there, and is only forgotten here. */
  private async cancel(id: string | undefined): Promise<void> {
    const open = this.ledger.items.filter((item) => !hasEnded(item) && !hasArrived(item));
    const items = id === undefined ? open : this.ledger.items.filter((item) => item.id === id);
    const arrived = items.filter(hasArrived);
    if (arrived.length > 0) await this.forget(arrived);
    const others = items.filter((item) => !hasArrived(item));
    await this.ledger.command(others.map((item): Change => [item.id, { type: "cancelled" }]));
    for (const item of others) {
      this.engine.interrupt(item.id);
      this.engine.pauses.itemSucceeded(item.id);
    }
  }

  private async retry(id: string | undefined, file: StoredFile | undefined): Promise<void> {
    const items = this.ledger.items.filter((item) => item.step === "failed" && (id === undefined || item.id === id));
    if (id !== undefined && file) this.options.held.set(id, file);
    await this.ledger.command(items.map((item): Change => [item.id, { type: "retried" }]));
    for (const item of items) this.engine.pauses.itemSucceeded(item.id);
  }

  private async forget(items: readonly StoredItem[]): Promise<void> {
    const ids = items.map((item) => item.id);
    await this.ledger.remove(ids);
    for (const id of ids) this.options.held.delete(id);
  }
}
