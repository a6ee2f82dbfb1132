import { expect, test } from "vitest";

import { Concurrency } from "../../../src/queue/concurrency.js";

/** A line: bytes a millisecond of all together and of each connection, and what each PUT waits beside its bytes. */
interface Line {
  readonly total: number;
  readonly each: number;
  readonly waitMs: number;
}

const KBIT = 1000 / 8 / 1000;
const TWO_G: Line = { total: 100 * KBIT, each: 100 * KBIT, waitMs: 2_500 };
const LTE: Line = { total: 12_000 * KBIT, each: 8_000 * KBIT, waitMs: 350 };
const WIFI: Line = { total: 150_000 * KBIT, each: 25_000 * KBIT, waitMs: 120 };
const PHOTO = 3_000_000;

interface Transfer {
  readonly startedAt: number;
  readonly active: number;
  left: number;
}

/** A clock, a line that is shared fairly, and a queue that never runs dry. */
class Simulation {
  readonly limits: number[] = [];
  readonly concurrency: Concurrency;
  readonly durations: number[] = [];
  now = 0;
  sent = 0;
  private readonly running = new Set<Transfer>();
  private readonly bytes: number;

  constructor(concurrency = new Concurrency(), bytes = PHOTO) {
    this.concurrency = concurrency;
    this.bytes = bytes;
  }

  /** Until so many more photos have been sent by this line. */
  send(photos: number, line: Line): void {
    for (const end = this.sent + photos; this.sent < end;) this.step(line);
  }

  break(): void {
    this.running.clear();
    this.concurrency.failed();
  }

  private step(line: Line): void {
    while (this.running.size < this.concurrency.limit) {
      this.running.add({ startedAt: this.now, active: this.running.size + 1, left: this.bytes });
    }
    const moving = [...this.running].filter(({ startedAt }) => this.now - startedAt >= line.waitMs);
    const rate = Math.min(line.each, line.total / Math.max(1, moving.length));
    const step = Math.max(1, Math.min(50, ...moving.map(({ left }) => left / rate)));
    this.now += step;
    for (const transfer of moving) {
      transfer.left -= rate * step;
      if (transfer.left <= 0) this.finish(transfer);
    }
  }

  private finish(transfer: Transfer): void {
    this.running.delete(transfer);
    const { startedAt, active } = transfer;
    this.concurrency.finished({ bytes: this.bytes, startedAt, endedAt: this.now, active });
    this.limits.push(this.concurrency.limit);
    this.durations.push(this.now - startedAt);
    this.sent += 1;
  }
}

function largest(values: readonly number[]): number {
  return Math.max(...values);
}

test("on 2G one photo goes at a time, and never two", () => {
  const simulation = new Simulation();
  simulation.send(30, TWO_G);
  expect(largest(simulation.limits)).toBe(1);
  expect(largest(simulation.durations)).toBeLessThan((PHOTO / TWO_G.total) * 1.1);
});

test("on LTE two or three go at a time, because more bring nothing", () => {
  const simulation = new Simulation();
  simulation.send(120, LTE);
  const later = simulation.limits.slice(40);
  expect(largest(later)).toBeLessThanOrEqual(4);
  expect(median(later)).toBeGreaterThanOrEqual(2);
  expect(median(later)).toBeLessThanOrEqual(3);
});

test("on Wi-Fi it goes up to six, since each connection is slower than the line", () => {
  const simulation = new Simulation();
  simulation.send(120, WIFI);
  expect(median(simulation.limits.slice(40))).toBe(6);
});

test("it sends a hundred photos on Wi-Fi in less than half the time that one at a time takes", () => {
  const [adaptive, single] = [new Simulation(), new Simulation(new Concurrency({ most: 1 }))];
  for (const simulation of [adaptive, single]) simulation.send(100, WIFI);
  expect(adaptive.now).toBeLessThan(single.now / 2);
});

test("when Wi-Fi becomes 2G it comes down to one, and goes up again when Wi-Fi is back", () => {
  const simulation = new Simulation();
  simulation.send(80, WIFI);
  expect(simulation.concurrency.limit).toBeGreaterThan(3);
  simulation.send(8, TWO_G);
  expect(simulation.concurrency.limit).toBe(1);
  simulation.send(80, WIFI);
  expect(simulation.concurrency.limit).toBeGreaterThan(3);
});

test("a connection that breaks halves it at once, and it holds still for a while", () => {
  const simulation = new Simulation();
  simulation.send(80, WIFI);
  const before = simulation.concurrency.limit;
  simulation.break();
  expect(simulation.concurrency.limit).toBe(Math.floor(before / 2));
  simulation.send(12, WIFI);
  expect(simulation.concurrency.limit).toBeLessThanOrEqual(Math.floor(before / 2));
  simulation.send(80, WIFI);
  expect(simulation.concurrency.limit).toBeGreaterThan(before / 2);
});

test("however often it breaks, one is left", () => {
  const concurrency = new Concurrency();
  for (let times = 0; times < 5; times += 1) concurrency.failed();
  expect(concurrency.limit).toBe(1);
});

test("it never passes what it is told as the most", () => {
  const simulation = new Simulation(new Concurrency({ most: 3 }));
  simulation.send(100, WIFI);
  expect(largest(simulation.limits)).toBe(3);
});

test("URLs are wanted for two minutes of sending: few on 2G, all a batch can hold on Wi-Fi", () => {
  const [slow, fast] = [new Simulation(), new Simulation()];
  expect(slow.concurrency.ahead(120)).toBe(2);
  slow.send(5, TWO_G);
  fast.send(50, WIFI);
  expect(slow.concurrency.ahead(120)).toBe(2);
  expect(fast.concurrency.ahead(120)).toBeGreaterThan(100);
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
