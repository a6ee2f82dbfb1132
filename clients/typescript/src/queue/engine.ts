import { timer } from "../abort.js";
import type { Hasher } from "../hash.js";
import { Follower, type FollowerOptions } from "./follower.js";
import type { StoredItem } from "./item.js";
import type { NetworkPolicy } from "./network.js";
import { Pauses, type WaitReason } from "./pauses.js";
import { nextTime, plan, type Conditions, type Work } from "./plan.js";
import type { Reachability } from "./reachability.js";
import { Sender, type SenderOptions } from "./sender.js";
import { Settling } from "./settling.js";
import { UnderWay, type Running } from "./under-way.js";
import { perform, type Outcome } from "./work.js";

export interface EngineOptions extends SenderOptions {
  readonly hash: Hasher | null;
  readonly lookup: boolean;
  readonly reachability: Reachability;
  readonly policy: () => NetworkPolicy;
  readonly changes?: FollowerOptions["changes"];
  readonly listener: EngineListener;
}

export interface EngineListener {
  sent(id: string, bytes: number): void;
  /** Something of the moment has changed: who waits, why, how many at once. */
  moved(): void;
}

/** Files that should have their URL: those that will be sent within this time. A URL lives 15 minutes. */
const AHEAD_SECONDS = 120;

/** Does what the plan says, and writes down what happens. One for each queue, where its owner is. */
export class Engine {
  readonly pauses = new Pauses();
  paused = false;
  private readonly options: EngineOptions;
  private readonly sender: Sender;
  private readonly follower: Follower;
  private readonly settling: Settling;
  private readonly underWay = new UnderWay();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lookup: boolean;
  private stopped = true;

  constructor(options: EngineOptions) {
    this.options = options;
    this.lookup = options.lookup;
    this.sender = new Sender(options);
    this.settling = new Settling({ ...options, pauses: this.pauses });
    this.follower = new Follower({
      photos: (ids, signal) => options.api.photosByIds(ids, { signal }),
      changes: options.changes,
      found: async (photos, gone) => {
        await this.settling.followed(photos, gone);
        this.pump();
      },
      failed: (error) => {
        this.pauses.failed("follow", error);
      },
    });
  }

  start(): void {
    this.stopped = false;
    this.options.reachability.start(() => {
      this.networkChanged();
    });
    this.pump();
  }

  /** Ends what is under way, and resolves when the last of it is written. Nothing is lost: the next start goes on. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.options.reachability.stop();
    this.follower.stop();
    await this.underWay.stop();
  }

  /** Begins whatever can begin now. Called after everything that may have changed that. */
  pump(): void {
    if (this.stopped) return;
    const { ledger, listener } = this.options;
    const conditions = this.conditions();
    for (const work of plan(ledger.items, conditions)) this.run(work);
    const following = ledger.items.filter((item) => item.step === "processing" && !item.restart);
    this.follower.follow(new Map(following.map((item) => [item.photoId ?? "", item.projectId])));
    this.wakeAt(conditions);
    listener.moved();
  }

  interrupt(id: string): void {
    this.underWay.interrupt(id);
  }

  interruptAll(): void {
    this.underWay.interruptAll();
  }

  /** The policy has changed, or the network. */
  interruptWhereForbidden(): void {
    if (!this.options.reachability.allows(this.options.policy())) this.interruptAll();
  }

  get waitingFor(): WaitReason | null {
    if (this.paused) return "paused";
    if (!this.options.reachability.online) return "offline";
    const held = this.pauses.reason(Date.now());
    if (held) return held;
    return this.options.reachability.allows(this.options.policy()) ? null : "policy";
  }

  private conditions(): Conditions {
    const now = Date.now();
    const { reachability, concurrency, hash } = this.options;
    const mayCall = reachability.online && this.pauses.isOpen("calls", now);
    const mayTransfer = reachability.online && reachability.allows(this.options.policy());
    return {
      now,
      paused: this.paused,
      hashes: hash !== null,
      looks: this.lookup,
      mayCall,
      mayRequest: mayTransfer && mayCall && this.pauses.isOpen("requests", now),
      mayTransfer: mayTransfer && this.pauses.isOpen("transfers", now),
      limit: concurrency.limit,
      ahead: concurrency.ahead(AHEAD_SECONDS),
      busy: this.underWay.kinds,
      notBefore: this.pauses.notBefore(now),
    };
  }

  private wakeAt(conditions: Conditions): void {
    clearTimeout(this.timer);
    const times = [nextTime(this.options.ledger.items, conditions), this.pauses.nextTime(conditions.now)];
    const next = Math.min(...times.map((time) => time ?? Infinity));
    if (next === Infinity) return;
    const pump = (): void => {
      this.pump();
    };
    this.timer = timer(Math.max(1, next - conditions.now), pump);
  }

  private run(work: Work): void {
    const perform = (running: Running): Promise<void> => this.performed(work, running);
    this.underWay.begin(work, perform, () => {
      this.pump();
    });
  }

  private async performed(work: Work, running: Running): Promise<void> {
    const { signal } = running.controller;
    try {
      await this.settling.succeeded(work, await this.begin(work, running));
    } catch (error) {
      if (!signal.aborted) await this.settling.failed(work, error);
      if (work.kind === "send") await this.cut(work.items[0], running);
    }
    if (!signal.aborted && this.conditions().mayCall) this.settling.slowDown(work.items);
  }

  private async begin(work: Work, running: Running): Promise<Outcome> {
    const { api, files, hash } = this.options;
    const { signal } = running.controller;
    if (work.kind === "send") return this.send(work.items[0], running);
    const lookupIsUnknown = (): void => {
      this.lookup = false;
    };
    return perform(work, { api, files, hash, lookupIsUnknown, isShared: (item) => this.isShared(item) }, { signal });
  }

  private isShared({ id, photoId }: StoredItem): boolean {
    return this.options.ledger.items.some(
      (other) => other.id !== id && other.photoId === photoId && other.step !== "cancelling",
    );
  }

  private send(item: StoredItem, running: Running): Promise<Outcome> {
    return this.sender.send(item, {
      signal: running.controller.signal,
      active: this.underWay.sending,
      onProgress: (sentBytes) => {
        running.heardAt = Date.now();
        running.sentBytes = sentBytes;
        this.options.listener.sent(item.id, sentBytes);
      },
    });
  }

  /** A PUT whose last byte never left cannot have arrived: there is nothing to ask for. */
  private async cut(item: StoredItem, running: Running): Promise<void> {
    if (!this.sender.cannotHaveArrived(item, running.sentBytes)) return;
    this.options.listener.sent(item.id, 0);
    await this.options.ledger.apply([[item.id, { type: "interrupted" }]]);
  }

  private networkChanged(): void {
    const { reachability } = this.options;
    this.interruptWhereForbidden();
    if (reachability.cameBack) {
      this.pauses.networkIsBack();
      // What was silent since then hangs on a connection of the network that is gone.
      this.underWay.interruptSilent(reachability.lostAt);
    }
    this.pump();
  }
}
