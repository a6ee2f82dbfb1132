import { timer } from "../abort.js";
import type { Hasher } from "../hash.js";
import type { Photo } from "../models.js";
import { isNetworkFailure, toItemError, verdictOf } from "./failures.js";
import { Follower, type FollowerOptions } from "./follower.js";
import type { StoredItem } from "./item.js";
import type { Change } from "./ledger.js";
import type { NetworkPolicy } from "./network.js";
import { Pauses, type WaitReason } from "./pauses.js";
import { nextTime, plan, type Conditions, type Work } from "./plan.js";
import type { Reachability } from "./reachability.js";
import { Sender, type SenderOptions } from "./sender.js";
import { failure, perform, type Outcome } from "./work.js";

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

interface Running {
  readonly kind: Work["kind"];
  readonly controller: AbortController;
  /** Of a PUT: when it was last heard of, and how much has left. */
  heardAt: number;
  sentBytes: number;
}

/** Does what the plan says, and writes down what happens. One for each queue, where its owner is. */
export class Engine {
  readonly pauses = new Pauses();
  paused = false;
  private readonly options: EngineOptions;
  private readonly sender: Sender;
  private readonly follower: Follower;
  private readonly running = new Map<string, Running>();
  private readonly ends = new Set<Promise<void>>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lookup: boolean;
  private stopped = true;

  constructor(options: EngineOptions) {
    this.options = options;
    this.lookup = options.lookup;
    this.sender = new Sender(options);
    this.follower = new Follower({
      photos: (ids, signal) => options.api.photosByIds(ids, { signal }),
      changes: options.changes,
      found: (photos, gone) => this.followed(photos, gone),
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
    for (const { controller } of this.running.values()) controller.abort();
    await Promise.all(this.ends);
  }

  /** Begins whatever can begin now. Called after everything that may have changed that. */
  pump(): void {
    if (this.stopped) return;
    const { ledger, listener } = this.options;
    const conditions = this.conditions();
    for (const work of plan(ledger.items, conditions)) this.run(work);
    const following = ledger.items.filter((item) => item.step === "processing");
    this.follower.follow(new Map(following.map((item) => [item.photoId ?? "", item.projectId])));
    this.wakeAt(conditions);
    listener.moved();
  }

  /** Ends what is being done for the item by itself: it is paused, or not wanted any more. */
  interrupt(id: string): void {
    const running = this.running.get(id);
    if (running && (running.kind === "send" || running.kind === "hash")) running.controller.abort();
  }

  interruptAll(): void {
    for (const id of this.running.keys()) this.interrupt(id);
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
      busy: new Map([...this.running].map(([id, { kind }]) => [id, kind])),
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
    const running: Running = { kind: work.kind, controller: new AbortController(), heardAt: Date.now(), sentBytes: 0 };
    for (const { id } of work.items) this.running.set(id, running);
    const end = this.performed(work, running).finally(() => {
      for (const { id } of work.items) this.running.delete(id);
      this.ends.delete(end);
      this.pump();
    });
    this.ends.add(end);
  }

  private async performed(work: Work, running: Running): Promise<void> {
    const { signal } = running.controller;
    try {
      await this.settle(work, await this.begin(work, running));
    } catch (error) {
      if (!signal.aborted) await this.failed(work, error);
      if (work.kind === "send") await this.cut(work.items[0], running);
    }
    if (!signal.aborted) this.slowDown(work);
  }

  private async begin(work: Work, running: Running): Promise<Outcome> {
    const { api, files, hash } = this.options;
    const { signal } = running.controller;
    if (work.kind === "send") return this.send(work.items[0], running);
    const lookupIsUnknown = (): void => {
      this.lookup = false;
    };
    return perform(work, { api, files, hash, lookupIsUnknown }, { signal });
  }

  private send(item: StoredItem, running: Running): Promise<Outcome> {
    return this.sender.send(item, {
      signal: running.controller.signal,
      active: [...this.running.values()].filter(({ kind }) => kind === "send").length,
      onProgress: (sentBytes) => {
        running.heardAt = Date.now();
        running.sentBytes = sentBytes;
        this.options.listener.sent(item.id, sentBytes);
      },
    });
  }

  private async settle(work: Work, { changes, again, removed }: Outcome): Promise<void> {
    if (work.kind !== "hash") {
      this.options.reachability.succeeded();
      this.pauses.succeeded(work.kind);
    }
    for (const { id } of work.items) if (!again.has(id)) this.pauses.itemSucceeded(id);
    for (const [error, ids] of byCode(again)) this.wait(work, ids, error);
    await this.options.ledger.apply(changes);
    if (removed) await this.options.ledger.remove(removed);
  }

  /** A limit for all is nobody's own failure. */
  private wait(work: Work, ids: readonly string[], error: unknown): void {
    if (this.pauses.failed(work.kind, error)) return;
    for (const id of ids) this.pauses.itemFailed(id, error);
  }

  private async failed(work: Work, error: unknown): Promise<void> {
    const { ledger, reachability } = this.options;
    const at = Date.now();
    switch (verdictOf(error)) {
      case "url":
      case "file":
        await ledger.apply(
          work.items.map(({ id }): Change => [id, { type: "refused", error: toItemError(error), at }]),
        );
        break;
      case "never":
        await ledger.apply(work.items.map(({ id }) => failure(id, error)));
        break;
      default:
        if (isNetworkFailure(error)) reachability.failed();
        this.wait(
          work,
          work.items.map(({ id }) => id),
          error,
        );
    }
  }

  /** A PUT whose last byte never left cannot have arrived: there is nothing to ask for. */
  private async cut(item: StoredItem, running: Running): Promise<void> {
    if (!this.sender.cannotHaveArrived(item, running.sentBytes)) return;
    this.options.listener.sent(item.id, 0);
    await this.options.ledger.apply([[item.id, { type: "interrupted" }]]);
  }

  /** Whatever left an item as it was is not done again at once, for whatever reason that may be. */
  private slowDown(work: Work): void {
    const waiting = this.pauses.notBefore(Date.now());
    for (const item of work.items) {
      const same = this.options.ledger.get(item.id) === item && !waiting.has(item.id);
      if (same && this.conditions().mayCall) this.pauses.itemFailed(item.id, new Error("Nothing has changed."));
    }
  }

  private async followed(photos: readonly Photo[], gone: readonly string[]): Promise<void> {
    const { ledger, reachability } = this.options;
    const at = Date.now();
    // Files of the same bytes are one photo: each of their items is told.
    const ofPhoto = (photoId: string): string[] =>
      ledger.items.filter((item) => item.photoId === photoId).map((item) => item.id);
    const error = { code: "photo_not_found", detail: "The photo was deleted." };
    this.pauses.succeeded("follow");
    reachability.succeeded();
    await ledger.apply([
      ...photos.flatMap((photo) => ofPhoto(photo.id).map((id): Change => [id, { type: "photo", photo, at }])),
      ...gone.flatMap((photoId) => ofPhoto(photoId).map((id): Change => [id, { type: "failed", error, at }])),
    ]);
    this.pump();
  }

  private networkChanged(): void {
    const { reachability } = this.options;
    this.interruptWhereForbidden();
    if (reachability.cameBack) {
      this.pauses.networkIsBack();
      // What was silent since then hangs on a connection of the network that is gone.
      for (const { kind, heardAt, controller } of this.running.values()) {
        if (kind === "send" && heardAt <= reachability.lostAt) controller.abort();
      }
    }
    this.pump();
  }
}

/** Each failure once, and whose it is. */
function byCode(again: Outcome["again"]): Map<unknown, string[]> {
  const codes = new Map<string, unknown>();
  const ids = new Map<unknown, string[]>();
  for (const [id, error] of again) {
    const { code } = toItemError(error);
    if (!codes.has(code)) codes.set(code, error);
    const same = codes.get(code);
    ids.set(same, [...(ids.get(same) ?? []), id]);
  }
  return ids;
}
