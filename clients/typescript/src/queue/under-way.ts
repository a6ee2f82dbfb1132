import type { Work } from "./plan.js";

/** One work that has begun. */
export interface Running {
  readonly kind: Work["kind"];
  readonly controller: AbortController;
  /** Of a PUT: when it was last heard of, and how much has left. */
  heardAt: number;
  sentBytes: number;
}

/** What is being done, for which items, and how to end it. */
export class UnderWay {
  private readonly works = new Map<string, Running>();
  private readonly ends = new Set<Promise<void>>();

  get kinds(): ReadonlyMap<string, Work["kind"]> {
    return new Map([...this.works].map(([id, { kind }]) => [id, kind]));
  }

  /** PUTs at once. */
  get sending(): number {
    return [...this.works.values()].filter(({ kind }) => kind === "send").length;
  }

  /** `ended` is called when nothing is done for these items any more. */
  begin(work: Work, perform: (running: Running) => Promise<void>, ended: () => void): void {
    const running: Running = { kind: work.kind, controller: new AbortController(), heardAt: Date.now(), sentBytes: 0 };
    for (const { id } of work.items) this.works.set(id, running);
    const end = perform(running).finally(() => {
      for (const { id } of work.items) this.works.delete(id);
      this.ends.delete(end);
      ended();
    });
    this.ends.add(end);
  }

  /** Ends what is being done for the item by itself: it is paused, or not wanted any more. */
  interrupt(id: string): void {
    const running = this.works.get(id);
    if (running && (running.kind === "send" || running.kind === "hash")) running.controller.abort();
  }

  interruptAll(): void {
    for (const id of this.works.keys()) this.interrupt(id);
  }

  /** PUTs that were not heard of since. */
  interruptSilent(since: number): void {
    for (const { kind, heardAt, controller } of this.works.values()) {
      if (kind === "send" && heardAt <= since) controller.abort();
    }
  }

  /** Ends everything, and resolves when the last of it is written. */
  async stop(): Promise<void> {
    for (const { controller } of this.works.values()) controller.abort();
    await Promise.all(this.ends);
  }
}
