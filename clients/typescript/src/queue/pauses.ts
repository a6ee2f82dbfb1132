import { PhotodockError, StorageError } from "../errors.js";
import { pauseSeconds, type RetryPolicy } from "../retry.js";
import { isNetworkFailure, toItemError, verdictOf } from "./failures.js";
import type { ItemError } from "./item.js";
import type { Work } from "./plan.js";

const BACKOFF: RetryPolicy = { attempts: Infinity, baseSeconds: 1, capSeconds: 60, longestRetryAfterSeconds: Infinity };
/** Where a limit is reached and no answer says for how long. */
const QUOTA_SECONDS = 15;
/** A proxy, or a clock that is wrong by days, may ask for more than anybody wants to wait: asking again costs nothing. */
const LONGEST_WAIT_SECONDS = 3_600;
/** Nobody signs in within a second: the first pause of a session that has ended is anything up to this one's. */
const SESSION_HEAD_START = 4;

/** Why nothing, or not all, moves at the moment. It goes on by itself, but for `paused`; `session` wants a sign-in. */
export type WaitReason = "paused" | "offline" | "policy" | "rate_limited" | "unavailable" | "session";

/** What fails together: all calls of the API, those that cost quota, and all PUTs. */
export type Lane = "calls" | "requests" | "transfers";

interface Pause {
  readonly failures: number;
  readonly since: number;
  readonly until: number;
  readonly reason: WaitReason;
  readonly error: ItemError;
}

const LANES: readonly Lane[] = ["calls", "requests", "transfers"];

export function laneOf(kind: Work["kind"] | "follow"): Lane {
  if (kind === "send") return "transfers";
  return kind === "request" || kind === "refresh" ? "requests" : "calls";
}

/**
 * Who has to wait, and until when. A lane waits when something failed that all on it would meet: else a thousand items
 * without a network would each try once. An item waits on its own for what may be its own fault.
 */
export class Pauses {
  private readonly items = new Map<string, Pause>();
  private readonly lanes = new Map<Lane, Pause>();

  notBefore(now: number): ReadonlyMap<string, number> {
    return new Map([...this.items].map(([id, pause]) => [id, endOf(pause, now)]));
  }

  /** Why they wait. */
  get errors(): ReadonlyMap<string, ItemError> {
    return new Map([...this.items].map(([id, { error }]) => [id, error]));
  }

  itemFailed(id: string, error: unknown): void {
    this.items.set(id, later(this.items.get(id), error, "unavailable", retryAfter(error)));
  }

  itemSucceeded(id: string): void {
    this.items.delete(id);
  }

  /**
   * Whether it was a failure of all: then it is no single item's. Not of a file that goes in parts: its calls are made
   * where nobody is held, so that it would be begun again at once.
   */
  failed(kind: Work["kind"] | "follow", error: unknown): boolean {
    const [lane, reason, seconds] = holdOf(laneOf(kind), error) ?? [];
    if (lane && reason) this.lanes.set(lane, later(this.lanes.get(lane), error, reason, seconds));
    return laneOf(kind) !== "transfers" && (reason === "rate_limited" || reason === "session");
  }

  succeeded(kind: Work["kind"] | "follow"): void {
    const lane = laneOf(kind);
    this.lanes.delete(lane);
    if (lane === "requests") this.lanes.delete("calls");
  }

  isOpen(lane: Lane, now: number): boolean {
    const pause = this.lanes.get(lane);
    return !pause || endOf(pause, now) <= now;
  }

  reason(now: number): WaitReason | null {
    // Also while it is being tried again: it lasts until something gets through.
    if (this.lanes.get("calls")?.reason === "session") return "session";
    const closed = LANES.find((lane) => !this.isOpen(lane, now));
    return closed ? (this.lanes.get(closed)?.reason ?? null) : null;
  }

  /** The network is back: all begin anew, within a second, but not all clients in one moment. */
  networkIsBack(): void {
    for (const pauses of [this.items, this.lanes] as Map<string, Pause>[]) {
      for (const [key, pause] of pauses) {
        if (pause.reason === "unavailable") pauses.set(key, { ...pause, failures: 0, until: jitter(pause.until) });
      }
    }
  }

  /** Somebody has signed in, or wants to see it move. What the service itself asked to wait for stays. */
  lift(): void {
    for (const [id, pause] of this.items) this.items.set(id, { ...pause, until: 0 });
    for (const [lane, { reason }] of this.lanes) if (reason !== "rate_limited") this.lanes.delete(lane);
  }

  /** When the next lane opens. */
  nextTime(now: number): number | null {
    const times = [...this.lanes.values()].map((pause) => endOf(pause, now)).filter((until) => until > now);
    return times.length > 0 ? Math.min(...times) : null;
  }
}

function holdOf(lane: Lane, error: unknown): [Lane, WaitReason, number] | null {
  const wait = retryAfter(error);
  if (error instanceof StorageError) return error.status === 503 ? [lane, "unavailable", wait] : null;
  if (isNetworkFailure(error)) return [lane === "transfers" ? lane : "calls", "unavailable", 0];
  if (verdictOf(error) === "session") return ["calls", "session", 0];
  if (!(error instanceof PhotodockError)) return null;
  // Met while a file is sent in parts, a limit is not that of the PUTs.
  const limited = lane === "transfers" ? "requests" : lane;
  if (error.status === 429) return [limited, "rate_limited", wait || QUOTA_SECONDS];
  return error.retryable ? ["calls", "unavailable", wait] : null;
}

function later(before: Pause | undefined, error: unknown, reason: WaitReason, seconds = 0): Pause {
  const failures = (before?.failures ?? 0) + 1;
  // Quotas begin anew at the full minute: there is nothing to back off from.
  const growth = reason === "rate_limited" ? 1 : failures + (reason === "session" ? SESSION_HEAD_START : 0);
  const since = Date.now();
  const until = since + 1000 * pauseSeconds(growth, BACKOFF, seconds);
  return { failures, since, until, reason, error: toItemError(error) };
}

/** A clock that was set back would make it last longer: then it is over. */
function endOf({ since, until }: Pause, now: number): number {
  return now < since ? 0 : until;
}

function retryAfter(error: unknown): number {
  const asked = error instanceof PhotodockError ? (error.retryAfterSeconds ?? 0) : 0;
  return Math.min(asked, LONGEST_WAIT_SECONDS);
}

function jitter(until: number): number {
  return Math.min(until, Date.now() + 1000 * Math.random());
}
