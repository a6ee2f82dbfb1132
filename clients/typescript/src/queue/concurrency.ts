export interface ConcurrencyOptions {
  /** PUTs at once, at the most. 6: what browsers open to one host by HTTP/1.1. */
  readonly most?: number | undefined;
}

/** A finished PUT. Times in milliseconds. `active`: PUTs under way when it began, itself among them. */
export interface Transfer {
  readonly bytes: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly active: number;
}

/** More at once must bring this much more, or it is only another way of sharing the same line. */
const GAIN = 1.1;
/** Below this share of what was measured before, the line has become worse, or too many share it. */
const LOSS = 0.7;
/** A PUT this long hides its round trips by itself: a second one beside it would only double its time. */
const LONG_MS = 15_000;
/** Transfers to wait before another try, after more at once brought nothing or something broke. */
const HOLD = 16;

/**
 * How many PUTs run at once: additive increase while throughput grows, decrease when it falls or something breaks.
 *
 * Several PUTs at once win time only by hiding round trips (handshakes, slow start, S3's own work between the last byte
 * and its answer) or by passing a limit of each connection. On a fast line with small files that is most of the time; on
 * 2G nothing is won, each file takes as many times longer, and a connection that breaks has cost all of them. Since no
 * interface tells the line, it is measured, by this rule:
 *
 * 1. Begin with one. At n at once, look at n + 1 transfers that began while n were running. Throughput is n times their
 *    bytes over the sum of their durations (Little's law), so that gaps and stragglers don't count.
 * 2. If the step to n brought less than a tenth, go back to n - 1 and stay there for 16 transfers.
 *    If throughput has fallen by three tenths since the look before, go down by one.
 *    If a transfer takes longer than 15 seconds on average, stay. Else go up by one.
 * 3. On a timeout or a broken connection, halve at once and stay for 16 transfers. Halve, too, when one transfer among
 *    several took longer than 30 seconds.
 */
export class Concurrency {
  private readonly most: number;
  private now = 1;
  private samples: Transfer[] = [];
  /** Bytes per millisecond as last measured at the same number, and at one less. */
  private before: number | null = null;
  private below: number | null = null;
  private hold = 0;
  private rate: number | null = null;
  private meanBytes = 0;

  constructor(options: ConcurrencyOptions = {}) {
    this.most = Math.max(1, Math.floor(options.most ?? 6));
  }

  get limit(): number {
    return this.now;
  }

  /** Bytes a second of all PUTs together, as last measured; null before the first one has ended. */
  get bytesPerSecond(): number | null {
    return this.rate === null ? null : this.rate * 1000;
  }

  finished(transfer: Transfer): void {
    const duration = Math.max(1, transfer.endedAt - transfer.startedAt);
    this.rate = smoothed(this.rate, (transfer.bytes / duration) * transfer.active);
    this.meanBytes = smoothed(this.meanBytes || null, transfer.bytes);
    this.hold = Math.max(0, this.hold - 1);
    if (duration > 2 * LONG_MS && this.now > 1) this.change(Math.floor(this.now / 2));
    if (transfer.active !== this.now) return;
    this.samples.push(transfer);
    if (this.samples.length > this.now) this.decide();
  }

  /** A PUT timed out or broke. */
  failed(): void {
    this.hold = HOLD;
    this.change(Math.floor(this.now / 2));
  }

  /** Files that will be sent within `seconds`, at the rate measured; while there is none, two rounds. */
  ahead(seconds: number): number {
    const known = this.bytesPerSecond === null ? 0 : (this.bytesPerSecond * seconds) / Math.max(1, this.meanBytes);
    return Math.max(2 * this.now, Math.ceil(known));
  }

  private decide(): void {
    const total = this.samples.reduce((sum, { startedAt, endedAt }) => sum + Math.max(1, endedAt - startedAt), 0);
    const bytes = this.samples.reduce((sum, transfer) => sum + transfer.bytes, 0);
    const meanDuration = total / this.samples.length;
    const measured = (this.now * bytes) / total;
    this.samples = [];
    if (this.below !== null && measured < this.below * GAIN) {
      this.hold = HOLD;
      this.change(this.now - 1);
    } else if (this.before !== null && measured < this.before * LOSS) {
      this.change(this.now - 1);
    } else if (meanDuration > LONG_MS || this.hold > 0 || this.now >= this.most) {
      this.before = measured;
      this.below = null;
    } else {
      this.change(this.now + 1, measured);
    }
  }

  /** `below`: the throughput that the new number has to beat. */
  private change(next: number, below: number | null = null): void {
    this.now = Math.min(this.most, Math.max(1, next));
    this.samples = [];
    this.before = null;
    this.below = below;
  }
}

/** The newer counts most, so that a change of the line shows within a few transfers. */
function smoothed(old: number | null, value: number): number {
  return old === null ? value : 0.5 * old + 0.5 * value;
}
