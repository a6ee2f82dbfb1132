import { sleep, throwIfAborted } from "./abort.js";
import { PhotodockError } from "./errors.js";

export interface RetryPolicy {
  /** How often a request is sent at the most. */
  readonly attempts: number;
  /** The first pause is anything up to this; each further one up to twice as long. */
  readonly baseSeconds: number;
  readonly capSeconds: number;
  /** A Retry-After above this is not waited for: the error goes to the caller. */
  readonly longestRetryAfterSeconds: number;
}

/** The quota of upload URLs begins anew each minute: its Retry-After is waited for. */
export const DEFAULT_RETRIES: RetryPolicy = {
  attempts: 5,
  baseSeconds: 0.5,
  capSeconds: 30,
  longestRetryAfterSeconds: 60,
};

/**
 * Seconds to wait after the `failures`-th failure: exponential with full jitter, so that clients that failed together
 * don't come back together. On top of a Retry-After, which many clients may have been told at once.
 */
export function pauseSeconds(
  failures: number,
  policy: RetryPolicy,
  retryAfterSeconds = 0,
  random = Math.random,
): number {
  return retryAfterSeconds + random() * Math.min(policy.capSeconds, policy.baseSeconds * 2 ** (failures - 1));
}

/** Whether the error may pass by itself, and soon enough to wait for it here. */
export function worthAnother(error: unknown, policy: RetryPolicy): error is PhotodockError {
  return (
    error instanceof PhotodockError &&
    error.retryable &&
    (error.retryAfterSeconds ?? 0) <= policy.longestRetryAfterSeconds
  );
}

/** Calls `work` until it succeeds, fails for good, or has failed `policy.attempts` times. `failures` counts from 0. */
export async function retrying<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  work: (failures: number) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ;) {
    throwIfAborted(signal);
    try {
      return await work(failures);
    } catch (error) {
      failures += 1;
      if (failures >= policy.attempts || !worthAnother(error, policy)) throw error;
      await sleep(pauseSeconds(failures, policy, error.retryAfterSeconds), signal);
    }
  }
}
