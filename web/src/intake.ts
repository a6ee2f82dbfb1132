import type { UploadQueue } from "@photodock/client";

import { wordsOf } from "./failures.js";
import type { Found } from "./files.js";

export interface IntakeSnapshot {
  /** Files are nowhere but in the page yet. */
  readonly storing: boolean;
  readonly said: string | null;
}

/** So many are stored at a time: the first are on their way while the last are still being stored. */
const BATCH = 20;

/** Brings files into the queue, one choice or drop after the other, until the session ends. */
export class Intake {
  private readonly queue: Pick<UploadQueue, "addAll" | "stop">;
  private readonly listeners = new Set<() => void>();
  private snapshot: IntakeSnapshot = { storing: false, said: null };
  private turn: Promise<void> = Promise.resolve();
  private underWay = 0;
  private ended = false;

  constructor(queue: Pick<UploadQueue, "addAll" | "stop">) {
    this.queue = queue;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): IntakeSnapshot => this.snapshot;

  /** Resolves when all are stored, or it is said which are not. */
  async add(found: Found | Promise<Found>, projectId: string): Promise<void> {
    this.underWay += 1;
    this.show({ storing: true });
    try {
      const known = await found;
      this.turn = this.turn.then(() => this.take(known, projectId));
      await this.turn;
    } catch (error) {
      this.show({ said: `The files could not be read: ${wordsOf(error)}` });
    } finally {
      this.underWay -= 1;
      this.show({ storing: this.underWay > 0 });
    }
  }

  /** Nothing is stored any more: whoever has signed out sends nothing. */
  end(): void {
    this.ended = true;
  }

  private async take({ files, leftOut, unread }: Found, projectId: string): Promise<void> {
    let failed = 0;
    let reason: unknown;
    for (let at = 0; at < files.length && !this.ended; at += BATCH) {
      const batch = files.slice(at, at + BATCH);
      if (files.length > BATCH) this.show({ said: `Taking in ${String(at)} of ${String(files.length)} …` });
      try {
        await this.queue.addAll(batch, { projectId });
      } catch (error) {
        failed += batch.length;
        reason = error;
      }
    }
    // A queue that is stopped is started by what was still being added.
    if (this.ended) await this.queue.stop();
    const sentences = [
      files.length + unread === 0 && "There is no photo in what was chosen.",
      files.length > 0 && leftOut > 0 && leftOutWords(leftOut),
      unread > 0 && unreadWords(unread),
      failed > 0 &&
        `${String(failed)} of ${filesWords(files.length)} could not be stored; add them again: ${wordsOf(reason)}`,
    ].filter((one) => one !== false);
    this.show({ said: sentences.length > 0 ? sentences.join(" ") : null });
  }

  private show(change: Partial<IntakeSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

function filesWords(count: number): string {
  return count === 1 ? "1 file" : `${String(count)} files`;
}

function leftOutWords(count: number): string {
  return count === 1
    ? "1 file that is no picture was left out."
    : `${String(count)} files that are no pictures were left out.`;
}

function unreadWords(count: number): string {
  return count === 1
    ? "1 file or folder could not be read and was left out."
    : `${String(count)} files or folders could not be read and were left out.`;
}
