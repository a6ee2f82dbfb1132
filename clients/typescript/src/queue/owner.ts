/** What is used of `navigator.locks`. */
export interface LocksLike {
  request(name: string, options: { signal: AbortSignal }, callback: () => Promise<void>): Promise<unknown>;
}

/**
 * Calls `owned` as soon as this tab is the only one that works on the queue, and stays it until `signal` is aborted; the
 * lock is passed on when the promise that `owned` returned has resolved too. Without Web Locks (React Native, old
 * Safari, plain-http pages) that is at once.
 */
export async function ownAlone(
  name: string,
  locks: LocksLike | null,
  signal: AbortSignal,
  owned: () => Promise<void>,
): Promise<void> {
  if (!locks) return owned();
  try {
    await locks.request(name, { signal }, owned);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export function defaultLocks(): LocksLike | null {
  const { navigator } = globalThis as { navigator?: { locks?: LocksLike } };
  return navigator?.locks ?? null;
}
