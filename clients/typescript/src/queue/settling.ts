import type { Photo } from "../models.js";
import { isNetworkFailure, toItemError, verdictOf } from "./failures.js";
import type { StoredItem } from "./item.js";
import type { Change, Ledger } from "./ledger.js";
import type { Pauses } from "./pauses.js";
import type { Work } from "./plan.js";
import type { Reachability } from "./reachability.js";
import { failure, type Outcome } from "./work.js";

export interface SettlingOptions {
  readonly ledger: Ledger;
  readonly pauses: Pauses;
  readonly reachability: Reachability;
}

/** Writes down what became of each work, and who has to wait for it. */
export class Settling {
  private readonly ledger: Ledger;
  private readonly pauses: Pauses;
  private readonly reachability: Reachability;

  constructor({ ledger, pauses, reachability }: SettlingOptions) {
    this.ledger = ledger;
    this.pauses = pauses;
    this.reachability = reachability;
  }

  async succeeded(work: Work, { changes, again, removed }: Outcome): Promise<void> {
    if (work.kind !== "hash") {
      this.reachability.succeeded();
      this.pauses.succeeded(work.kind);
    }
    for (const { id } of work.items) if (!again.has(id)) this.pauses.itemSucceeded(id);
    for (const [error, ids] of byCode(again)) this.wait(work, ids, error);
    await this.ledger.apply(changes);
    if (removed) await this.ledger.remove(removed);
  }

  async failed(work: Work, error: unknown): Promise<void> {
    const at = Date.now();
    const ids = work.items.map(({ id }) => id);
    switch (verdictOf(error)) {
      case "url":
      case "file":
        await this.ledger.apply(ids.map((id): Change => [id, { type: "refused", error: toItemError(error), at }]));
        break;
      case "never":
        await this.ledger.apply(ids.map((id) => failure(id, error)));
        break;
      default:
        if (isNetworkFailure(error)) this.reachability.failed();
        this.wait(work, ids, error);
    }
  }

  /** Photos that are followed: as they are now, and those that are gone. */
  async followed(photos: readonly Photo[], gone: readonly string[]): Promise<void> {
    const at = Date.now();
    // Files of the same bytes are one photo: each of their items is told. One that is about to be detected again knows
    // that it had failed.
    const ofPhoto = (photoId: string): string[] =>
      this.ledger.items.filter((item) => item.photoId === photoId && !item.restart).map((item) => item.id);
    const error = { code: "photo_not_found", detail: "The photo was deleted." };
    this.pauses.succeeded("follow");
    this.reachability.succeeded();
    await this.ledger.apply([
      ...photos.flatMap((photo) => ofPhoto(photo.id).map((id): Change => [id, { type: "photo", photo, at }])),
      ...gone.flatMap((photoId) => ofPhoto(photoId).map((id): Change => [id, { type: "failed", error, at }])),
    ]);
  }

  /** Whatever left an item as it was is not done again at once, for whatever reason that may be. */
  slowDown(items: readonly StoredItem[]): void {
    const waiting = this.pauses.notBefore(Date.now());
    for (const item of items) {
      const same = this.ledger.get(item.id) === item && !waiting.has(item.id);
      if (same) this.pauses.itemFailed(item.id, new Error("Nothing has changed."));
    }
  }

  /** A limit for all is nobody's own failure. */
  private wait(work: Work, ids: readonly string[], error: unknown): void {
    if (this.pauses.failed(work.kind, error)) return;
    for (const id of ids) this.pauses.itemFailed(id, error);
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
