import type { PhotodockClient } from "../client.js";
import { behind, insert, newItem, toStoredFile, type AddOptions, type NewItem, type QueueSource } from "./adding.js";
import { changesOf, queueApi } from "./api.js";
import { bounded } from "./bounded.js";
import { Concurrency } from "./concurrency.js";
import type { QueueEvents } from "./emitter.js";
import { hasEnded, keyOf, type QueueItem, type StoredItem } from "./item.js";
import { BrowserNetwork, type NetworkPolicy } from "./network.js";
import { DAY_SECONDS, DEFAULT_NAME, defaultStore, MULTIPART_THRESHOLD, type UploadQueueOptions } from "./options.js";
import { OwnedQueue, type OwnedOptions } from "./owned.js";
import { defaultLocks, ownAlone } from "./owner.js";
import { Peers, type Command } from "./peers.js";
import { Reachability } from "./reachability.js";
import type { QueueStore, StoredFile } from "./store.js";
import { Tabs } from "./tabs.js";
import { View, type QueueSnapshot } from "./view.js";

interface Running {
  readonly controller: AbortController;
  readonly tabs: Tabs;
  /** The store is read and shown. */
  readonly shown: Promise<void>;
  /** Another tab may go on. */
  readonly ended: Promise<void>;
}

/**
 * Photos on their way to the service. Each is stored before anything is sent, and every step may be done again, so that
 * a reload, a kill or a day without a network loses none and sends none twice (ADR 0025).
 *
 * `subscribe` and `getSnapshot` are made for React's `useSyncExternalStore`.
 */
export class UploadQueue {
  private readonly client: PhotodockClient;
  private readonly options: UploadQueueOptions;
  private readonly store: QueueStore;
  private readonly name: string;
  private readonly view = new View();
  private readonly held = new Map<string, StoredFile>();
  private readonly concurrency: Concurrency;
  private policy: NetworkPolicy;
  private adding: Promise<unknown> = Promise.resolve();
  /** Items that this tab's user does not want any more: each until that is done, or has failed. */
  private readonly leaving = new Set<string>();
  private running: Running | undefined;
  private lastPlace = 0;

  constructor(client: PhotodockClient, options: UploadQueueOptions = {}) {
    this.client = client;
    this.options = options;
    this.name = options.name ?? DEFAULT_NAME;
    this.store = options.store ?? defaultStore(this.name);
    this.concurrency = new Concurrency({ most: options.maxConcurrency });
    this.policy = { wifiOnly: options.wifiOnly, pauseOnMetered: options.pauseOnMetered };
  }

  /** Goes on with what was left. Resolves when `getSnapshot` shows it; rejects when the store can't be read. */
  start(): Promise<void> {
    this.running ??= this.begin();
    return this.running.shown;
  }

  /** Ends what is under way, and resolves when another tab may go on. Removes nothing: `start` resumes. */
  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    running?.controller.abort();
    await running?.ended.catch(() => undefined);
    running?.tabs.close();
  }

  /** Resolves when it is stored: from then on it survives a reload. Starts the queue, if nobody has. */
  async add(source: QueueSource, options: AddOptions = {}): Promise<QueueItem> {
    const [item] = await this.insert([source], options);
    if (!item) throw new Error("Nothing was added.");
    return item;
  }

  /** All or none, in their order. Of a file that is in the queue already the item that it has. */
  addAll(
    sources: readonly QueueSource[],
    options: Omit<AddOptions, "fileName" | "idempotencyKey"> = {},
  ): Promise<QueueItem[]> {
    return this.insert(sources, options);
  }

  /** One item, or the queue as a whole: it stays paused over a reload. */
  pause(id?: string): Promise<void> {
    return this.command({ type: "pause", id });
  }

  /** Also after a sign-in, and to try at once what waits to be tried again. */
  resume(id?: string): Promise<void> {
    return this.command({ type: "resume", id });
  }

  /** Not to be sent after all: what the service knows of it is deleted. What has arrived is only taken off the list. */
  async cancel(id?: string): Promise<void> {
    const ids = this.view.items.map((item) => item.id).filter((each) => id === undefined || each === id);
    for (const each of ids) this.leaving.add(each);
    try {
      await this.command({ type: "cancel", id });
    } finally {
      for (const each of ids) this.leaving.delete(each);
    }
  }

  /** What has failed, once more; with its file where that was missing. It is the same photo still. */
  retry(id?: string, source?: QueueSource): Promise<void> {
    const item = id === undefined ? undefined : this.view.get(id);
    const file = source && item ? toStoredFile(source, item.mimeType) : undefined;
    return this.command({ type: "retry", id, file });
  }

  /** Forgets what is completed. */
  clear(): Promise<void> {
    return this.command({ type: "clear" });
  }

  setPolicy(policy: NetworkPolicy): void {
    this.policy = { ...this.policy, ...policy };
    this.running?.tabs.owned?.policyChanged();
  }

  readonly subscribe = (listener: () => void): (() => void) => this.view.subscribe(listener);

  readonly getSnapshot = (): QueueSnapshot => this.view.getSnapshot();

  /** Tells of each until the returned function is called. */
  on<K extends keyof QueueEvents>(type: K, listener: (event: QueueEvents[K]) => void): () => void {
    return this.view.emitter.on(type, listener);
  }

  /** The item when it is completed or failed; undefined when it is removed before. */
  settled(id: string): Promise<QueueItem | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const item = this.view.get(id);
        if (item && !hasEnded(item)) return;
        stop();
        resolve(item);
      };
      const stop = this.view.subscribe(look);
      look();
    });
  }

  private begin(): Running {
    const controller = new AbortController();
    const tabs = new Tabs(this.view, this.held, (listener) => new Peers(this.name, listener));
    const shown = bounded(this.store.load()).then(({ items }) => {
      this.view.changed([...items].sort(byAge).filter(({ id }) => !this.view.get(id)));
    });
    const locks = this.options.locks === undefined ? defaultLocks() : this.options.locks;
    const owned = (): Promise<void> => tabs.own(new OwnedQueue(this.ownedOptions(tabs)), controller.signal);
    const ended = shown.then(() => ownAlone(this.name, locks, controller.signal, owned));
    const running = { controller, tabs, shown, ended };
    ended.catch((error: unknown) => {
      if (this.running === running) this.running = undefined;
      tabs.close();
      this.view.emitter.emit("storeFailed", { error });
    });
    return running;
  }

  private ownedOptions(tabs: Tabs): OwnedOptions {
    const { client, options } = this;
    const hash = options.hash === undefined ? client.hash : options.hash;
    return {
      api: options.api ?? queueApi(client),
      transport: client.transport,
      store: this.store,
      held: this.held,
      hash,
      lookup: hash !== null && options.skipExisting !== false,
      concurrency: this.concurrency,
      reachability: new Reachability(options.network ?? new BrowserNetwork()),
      policy: () => this.policy,
      multipartThreshold: options.multipartThreshold ?? MULTIPART_THRESHOLD,
      keepCompletedMs: 1000 * (options.keepCompletedSeconds ?? DAY_SECONDS),
      resolveUri: options.resolveUri,
      changes: options.api ? undefined : (projectId, signal) => changesOf(client.events(projectId, { signal })),
      listener: tabs,
    };
  }

  /** One call after the other, so that the same file in two of them is seen. */
  private insert(sources: readonly QueueSource[], options: AddOptions): Promise<QueueItem[]> {
    const added = this.adding.then(async () => {
      await this.start();
      const { projectId } = this.options;
      const described = sources.map((source) => newItem(source, options, projectId, this.nextPlace()));
      const wanted = (await Promise.all(described)).map((one) => (this.view.get(one.item.id) ? behind(one) : one));
      const known = new Map<string, StoredItem>();
      for (const one of wanted) known.set(one.item.id, this.sameAs(one.item, known) ?? one.item);
      const fresh = wanted.filter(({ item }) => known.get(item.id) === item);
      if (fresh.length > 0) {
        const { items, held } = await insert(this.store, fresh, this.options.keepFiles !== "ask");
        for (const [id, file] of held) this.held.set(id, file);
        this.view.changed(items);
        this.running?.tabs.added(items, held);
      }
      const ids = wanted.map(({ item }) => known.get(item.id)?.id ?? item.id);
      await this.again(wanted, ids);
      return ids.map((id) => this.view.get(id)).filter((item) => item !== undefined);
    });
    this.adding = added.catch(() => undefined);
    return added;
  }

  /** Their time, and a thousandth of a millisecond more for those of one moment: the order of the queue. */
  private nextPlace(): number {
    this.lastPlace = Math.max(Date.now(), this.lastPlace + 0.001);
    return this.lastPlace;
  }

  /** The item that this file has already, in the queue or earlier in the same call. */
  private sameAs(item: StoredItem, earlier: ReadonlyMap<string, StoredItem>): StoredItem | undefined {
    const all = [...this.view.items, ...earlier.values()].filter((one) => !this.isLeaving(one));
    const same = all.find((one) => keyOf(one) === keyOf(item));
    if (same || this.options.dedupe === false || item.fingerprint === null) return same;
    return all.find(({ fingerprint }) => fingerprint === item.fingerprint);
  }

  private isLeaving({ id, step }: StoredItem): boolean {
    return step === "cancelling" || this.leaving.has(id);
  }

  /** Whoever adds a file that has failed before wants it to be tried again. */
  private async again(wanted: readonly NewItem[], ids: readonly string[]): Promise<void> {
    for (const [index, id] of ids.entries()) {
      if (this.view.get(id)?.step === "failed") await this.command({ type: "retry", id, file: wanted[index]?.file });
    }
  }

  private async command(command: Command): Promise<void> {
    await this.start();
    if (!this.running) throw new Error("The queue was stopped before this was done.");
    await this.running.tabs.command(command);
  }
}

function byAge(a: StoredItem, b: StoredItem): number {
  return a.addedAt - b.addedAt;
}
