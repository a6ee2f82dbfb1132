import { StorageError } from "../errors.js";
import type { Photo } from "../models.js";
import type { Transport } from "../transport.js";
import type { QueueApi } from "./api.js";
import type { Concurrency } from "./concurrency.js";
import { isNetworkFailure, isUnknownCall, toItemError } from "./failures.js";
import type { Files } from "./files.js";
import type { StoredItem } from "./item.js";
import type { Change, Ledger } from "./ledger.js";
import { canBeSplit, isForWhole, isPartsLost, sendParts, sendWhole, type SendingOptions } from "./send.js";
import { isClosed, type Outcome } from "./work.js";

export interface SenderOptions {
  readonly api: QueueApi;
  readonly transport: Transport;
  readonly ledger: Ledger;
  readonly files: Files;
  readonly concurrency: Concurrency;
  /** Bytes from which on a file goes in parts. */
  readonly multipartThreshold: number;
}

/** One PUT under way, or a file's parts one after the other. */
export interface Sending {
  readonly signal: AbortSignal;
  /** PUTs under way, this one among them. */
  readonly active: number;
  readonly onProgress: (sentBytes: number) => void;
}

/** Sends files, whole or in parts, measures how fast they go, and says what became of them. */
export class Sender {
  private readonly options: SenderOptions;
  private fromSize: number;

  constructor(options: SenderOptions) {
    this.options = options;
    this.fromSize = options.multipartThreshold;
  }

  /** Rejects where it may be tried again, or the file itself is at fault. */
  async send(item: StoredItem, sending: Sending): Promise<Outcome> {
    const { ledger, files, concurrency } = this.options;
    const body = await files.body(item);
    await ledger.apply([[item.id, { type: "began" }]]);
    const options = this.optionsOf(item, sending);
    const inParts = item.fileSize >= this.fromSize && canBeSplit(body);
    try {
      if (inParts) return photoOf(item, await sendParts(item, body, options));
      await sendWhole(item, body, options);
      return outcome([[item.id, { type: "stored" }]]);
    } catch (error) {
      if (!sending.signal.aborted && isCongestion(error)) concurrency.failed();
      if (inParts) return this.partsFailed(item, error);
      throw error;
    }
  }

  /** Whether a PUT that broke after so many bytes cannot have arrived. */
  cannotHaveArrived(item: StoredItem, sentBytes: number): boolean {
    return this.options.transport.reportsProgress && sentBytes < item.fileSize;
  }

  /** What a failure means beyond what any failure means, where a file goes in parts. */
  private partsFailed(item: StoredItem, error: unknown): Outcome {
    const whole: Change = [item.id, { type: "split", multipart: null }];
    if (isClosed(error)) return outcome([[item.id, { type: "closed" }]]);
    if (isPartsLost(error)) {
      return outcome([whole, [item.id, { type: "refused", error: toItemError(error), at: Date.now() }]]);
    }
    if (!isForWhole(error)) throw error;
    // An old service knows no parts; one that was told so wants them for larger files only.
    this.fromSize = isUnknownCall(error) ? Infinity : item.fileSize + 1;
    return outcome([whole, [item.id, { type: "interrupted" }]]);
  }

  private optionsOf(item: StoredItem, { signal, active, onProgress }: Sending): SendingOptions {
    const { api, transport, ledger, concurrency } = this.options;
    return {
      api,
      transport,
      signal,
      onProgress,
      bytesPerSecond: concurrency.bytesPerSecond,
      note: (event) => ledger.apply([[item.id, event]]),
      onPut: (bytes, startedAt) => {
        concurrency.finished({ bytes, startedAt, endedAt: Date.now(), active });
      },
    };
  }
}

function outcome(changes: readonly Change[]): Outcome {
  return { changes, again: new Map() };
}

function photoOf(item: StoredItem, photo: Photo): Outcome {
  return outcome([[item.id, { type: "photo", photo, at: Date.now() }]]);
}

/** A line that breaks or says nothing, and S3's SlowDown. */
function isCongestion(error: unknown): boolean {
  return isNetworkFailure(error) || (error instanceof StorageError && error.status === 503);
}
