import { failureOf, Tickets } from "./tickets.js";
import { hasArrived, type StoredItem } from "./item.js";
import type { OwnedOptions, OwnedQueue } from "./owned.js";
import type { Command, Message, Peers } from "./peers.js";
import type { StoredFile } from "./store.js";
import type { Moment, View } from "./view.js";

/** How often the others are told of progress. */
const TELL_MS = 400;

/**
 * One tab among those that share a queue. As the owner it tells the others what happens and does what they want; as
 * another one it shows what the owner tells, and hands it what its own user wants.
 */
export class Tabs implements OwnedListener {
  owned: OwnedQueue | undefined;
  private readonly view: View;
  private readonly held: Map<string, StoredFile>;
  private readonly peers: Peers;
  private readonly tickets = new Tickets();
  /** What this tab, as the owner, is doing for somebody. */
  private readonly obeying = new Set<Promise<unknown>>();
  /** What was added while this tab was about to become the owner and had read the store already. */
  private meanwhile: StoredItem[] | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(view: View, held: Map<string, StoredFile>, connect: (listener: (message: Message) => void) => Peers) {
    this.view = view;
    this.held = held;
    this.peers = connect((message) => {
      this.heard(message);
    });
    this.peers.post({ type: "hello" });
  }

  close(): void {
    clearTimeout(this.timer);
    this.tickets.close();
    this.peers.close();
  }

  /** Works until `signal` is aborted. */
  async own(owned: OwnedQueue, signal: AbortSignal): Promise<void> {
    const meanwhile: StoredItem[] = (this.meanwhile = []);
    await owned.start();
    this.meanwhile = undefined;
    this.owned = owned;
    owned.adopt(meanwhile);
    this.peers.post({ type: "owner" });
    await this.tickets.execute((command) => owned.execute(command));
    if (!signal.aborted) {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
    }
    // What is wanted from now on the next owner does; what was begun is written down before that one reads.
    this.owned = undefined;
    await Promise.all(this.obeying);
    await owned.stop();
    this.view.moment(owned.moment, false);
  }

  async command(command: Command): Promise<void> {
    if (this.owned) await this.obey(this.owned, command);
    else {
      await this.tickets.issue(command, (number) => {
        this.peers.post({ type: "command", number, command });
      });
    }
  }

  /** This tab's user has added these, and they are stored. */
  added(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile>): void {
    if (!this.owned) this.peers.post({ type: "added", items, files });
    this.adopt(items);
  }

  changed(items: readonly StoredItem[]): void {
    this.release(items);
    this.view.changed(items);
    this.peers.post({ type: "changed", items });
  }

  removed(ids: readonly string[]): void {
    for (const id of ids) this.held.delete(id);
    this.view.removed(ids);
    this.peers.post({ type: "removed", ids });
  }

  storeFailed(error: unknown): void {
    this.view.emitter.emit("storeFailed", { error });
  }

  sent(id: string, bytes: number): void {
    this.view.sentBytes(id, bytes);
    this.tellSoon();
  }

  moment(moment: Moment): void {
    this.view.moment(moment, true);
    this.tellSoon();
  }

  private adopt(items: readonly StoredItem[]): void {
    if (this.owned) this.owned.adopt(items);
    else {
      this.meanwhile?.push(...items);
      this.view.changed(items);
    }
  }

  /** Files of photos that have arrived: held any longer they would fill the memory. */
  private release(items: readonly StoredItem[]): void {
    for (const item of items) if (hasArrived(item)) this.held.delete(item.id);
  }

  private tellSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.owned) this.peers.post({ type: "moment", moment: this.owned.moment, sent: this.view.sentByItem });
    }, TELL_MS);
  }

  private heard(message: Message): void {
    switch (message.type) {
      case "hello":
        if (this.owned) this.peers.post({ type: "changed", items: this.view.items });
        this.tellSoon();
        break;
      case "added":
        for (const [id, file] of message.files) this.held.set(id, file);
        this.adopt(message.items);
        break;
      case "command":
        if (this.owned) void this.answer(this.owned, message.number, message.command);
        break;
      case "owner":
        this.tickets.again((number, command) => {
          this.peers.post({ type: "command", number, command });
        });
        break;
      case "done":
        this.tickets.done(message.number, message.failure);
        break;
      default:
        if (!this.owned) this.show(message);
    }
  }

  /** What the owner tells. */
  private show(message: Message): void {
    if (message.type === "changed") {
      this.release(message.items);
      this.view.changed(message.items);
    }
    if (message.type === "removed") this.view.removed(message.ids);
    if (message.type !== "moment") return;
    this.view.moment(message.moment, false);
    for (const [id, bytes] of message.sent) this.view.sentBytes(id, bytes);
  }

  private async answer(owned: OwnedQueue, number: string, command: Command): Promise<void> {
    this.peers.post({ type: "done", number, failure: await failureOf(this.obey(owned, command)) });
  }

  private async obey(owned: OwnedQueue, command: Command): Promise<void> {
    const work = owned.execute(command);
    const end = failureOf(work).finally(() => this.obeying.delete(end));
    this.obeying.add(end);
    await work;
  }
}

type OwnedListener = OwnedOptions["listener"];
