import { randomId } from "../ids.js";
import type { Command } from "./peers.js";

interface Ticket {
  readonly command: Command;
  resolve(): void;
  reject(error: Error): void;
}

/** Commands that wait for whoever owns the queue: another tab, or this one as soon as it does. Each may be done twice. */
export class Tickets {
  private readonly open = new Map<string, Ticket>();

  /** Resolves when it is done. */
  issue(command: Command, post: (number: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const number = randomId();
      this.open.set(number, { command, resolve, reject });
      post(number);
    });
  }

  /** To another owner: the one before may be gone, and this with it. */
  again(post: (number: string, command: Command) => void): void {
    for (const [number, { command }] of this.open) post(number, command);
  }

  /** Nobody waits for them any more. */
  close(): void {
    for (const number of this.open.keys()) this.done(number, "The queue was stopped before this was done.");
  }

  done(number: string, failure: string | null): void {
    const ticket = this.open.get(number);
    this.open.delete(number);
    if (failure === null) ticket?.resolve();
    else ticket?.reject(new Error(failure));
  }

  /** This tab owns the queue now. */
  async execute(execute: (command: Command) => Promise<void>): Promise<void> {
    for (const [number, { command }] of this.open) this.done(number, await failureOf(execute(command)));
  }
}

/** What an error says, as it goes from tab to tab. */
export async function failureOf(work: Promise<void>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
