import { NetworkError } from "./errors.js";

/** What an aborted signal rejects with. Older React Native knows no `reason`. */
export function abortReason(signal: AbortSignal): Error {
  const reason = signal.reason as Error | undefined;
  return reason ?? Object.assign(new Error("The operation was aborted."), { name: "AbortError" });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/** Rejects with the signal's reason as soon as it is aborted; leaves no listener behind. */
export async function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  throwIfAborted(signal);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const listener = (): void => {
      reject(abortReason(signal));
    };
    signal.addEventListener("abort", listener);
    stop = () => {
      signal.removeEventListener("abort", listener);
    };
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}

/** The longest that timers take, 24 days: they fire at once where more is asked for. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** setTimeout, for times of any length. */
export function timer(milliseconds: number, work: () => void): ReturnType<typeof setTimeout> {
  return setTimeout(work, Math.min(LONGEST_TIMER_MS, milliseconds));
}

export async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    waiting = timer(seconds * 1000, resolve);
  });
  try {
    await untilAborted(signal, elapsed);
  } finally {
    clearTimeout(waiting);
  }
}

export interface Watch {
  /** Aborted with the caller's signal, or when time is up. */
  readonly signal: AbortSignal;
  /** Time begins anew. */
  readonly restart: () => void;
}

/**
 * Runs `work` with a signal of its own, which ends it after `seconds` (null: never) with NetworkError `timeout`.
 * AbortSignal.any and AbortSignal.timeout do the like, but React Native has neither, and its signals carry no reason.
 */
export async function withinTime<T>(
  seconds: number | null,
  signal: AbortSignal | undefined,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const controller = new AbortController();
  let reason: Error | undefined;
  const end = (why: Error): void => {
    reason ??= why;
    controller.abort(reason);
  };
  const forward = (): void => {
    if (signal) end(abortReason(signal));
  };
  let limit: ReturnType<typeof setTimeout> | undefined;
  const restart = (): void => {
    clearTimeout(limit);
    if (seconds === null) return;
    limit = timer(seconds * 1000, () => {
      end(new NetworkError("timeout", `No answer came within ${String(seconds)} seconds.`));
    });
  };
  signal?.addEventListener("abort", forward);
  restart();
  try {
    return await untilAborted(controller.signal, work({ signal: controller.signal, restart }));
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", forward);
  }
}
