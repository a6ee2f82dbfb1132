import type { QueueItem } from "./item.js";

/** What a queue tells. */
export interface QueueEvents {
  added: QueueItem;
  /** Anything about an item but its progress. */
  changed: QueueItem;
  /** The service has the photo: nobody needs the file any more. */
  arrived: QueueItem;
  completed: QueueItem;
  failed: QueueItem;
  /** Cancelled or cleared. */
  removed: { readonly id: string };
  /** The session has ended: sign in, then `resume()`. */
  session: undefined;
  /** The store failed. Uploads go on, but a reload may have to repeat steps. */
  storeFailed: { readonly error: unknown };
}

type Listener<T> = (event: T) => void;

export class Emitter {
  private readonly listeners = new Map<keyof QueueEvents, Set<Listener<never>>>();

  /** Until the returned function is called. */
  on<K extends keyof QueueEvents>(type: K, listener: Listener<QueueEvents[K]>): () => void {
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<K extends keyof QueueEvents>(type: K, event: QueueEvents[K]): void {
    for (const listener of this.listeners.get(type) ?? []) {
      shielded(() => {
        (listener as Listener<QueueEvents[K]>)(event);
      });
    }
  }
}

/** A listener's fault is shown where such faults are shown, and doesn't stop an upload. */
export function shielded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
