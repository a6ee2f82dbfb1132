import type { Photo, PhotodockClient, PhotoEvent, PhotoStatus } from "@photodock/client";

import { isSignedOut, wordsOf } from "./session.js";

export interface LibrarySnapshot {
  /** Newest first. */
  readonly photos: readonly Photo[];
  readonly loading: boolean;
  readonly complete: boolean;
  readonly error: string | null;
}

const PAGE = 100;
/** Changes are gathered for so long: one call for a whole batch. */
const GATHER_MS = 250;
const EMPTY: LibrarySnapshot = { photos: [], loading: false, complete: false, error: null };

/** The photos of a project, as far as they were scrolled to, kept up to date by its events. */
export class Library {
  private readonly client: PhotodockClient;
  private readonly projectId: string;
  private readonly status: PhotoStatus | null;
  private readonly signedOut: () => void;
  private readonly controller = new AbortController();
  private readonly listeners = new Set<() => void>();
  private readonly byId = new Map<string, Photo>();
  private readonly changed = new Set<string>();
  private snapshot = EMPTY;
  private cursor: string | null = null;
  /** Of pages that were asked for before a reset nothing is taken. */
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: PhotodockClient, projectId: string, status: PhotoStatus | null, signedOut: () => void) {
    this.client = client;
    this.projectId = projectId;
    this.status = status;
    this.signedOut = signedOut;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): LibrarySnapshot => this.snapshot;

  start(): void {
    void this.reload();
    void this.listen();
  }

  stop(): void {
    this.controller.abort();
    clearTimeout(this.timer);
  }

  /** The next page, if there is one and it is not on its way. */
  async more(): Promise<void> {
    if (this.snapshot.loading || this.snapshot.complete) return;
    const { generation } = this;
    const first = this.cursor === null;
    this.show({ loading: true, error: null });
    try {
      const query = { project_id: this.projectId, limit: PAGE, cursor: this.cursor, status: this.status };
      const page = await this.client.photos(query, { signal: this.controller.signal });
      if (generation !== this.generation) return;
      if (first) this.byId.clear();
      for (const photo of page.items) this.byId.set(photo.id, photo);
      this.cursor = page.next_cursor;
      this.show({ photos: this.sorted(), loading: false, complete: page.next_cursor === null });
    } catch (error) {
      if (generation === this.generation) this.failed(error);
    }
  }

  /** Reads these photos anew: after a change, or when a picture's address has ended. */
  refresh(photoId: string): void {
    this.changed.add(photoId);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.readChanged();
    }, GATHER_MS);
  }

  private async reload(): Promise<void> {
    this.generation += 1;
    this.cursor = null;
    this.show({ loading: false, complete: false });
    await this.more();
  }

  private async listen(): Promise<void> {
    try {
      let first = true;
      for await (const event of this.client.events(this.projectId, { signal: this.controller.signal })) {
        // The first reset says that the stream is open; the list may have been read before that.
        if (event.type === "reset" && first) void this.readNewest();
        else this.take(event);
        first = false;
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private take(event: PhotoEvent): void {
    if (event.type === "reset") {
      void this.reload();
    } else if (event.type === "photo.deleted") {
      this.byId.delete(event.photo_id);
      this.show({ photos: this.sorted() });
    } else {
      this.refresh(event.photo_id);
    }
  }

  private async readNewest(): Promise<void> {
    const query = { project_id: this.projectId, limit: PAGE, status: this.status };
    await this.merge(() => this.client.photos(query, { signal: this.controller.signal }));
  }

  private async readChanged(): Promise<void> {
    const ids = [...this.changed].slice(0, PAGE);
    for (const id of ids) this.changed.delete(id);
    const query = { ids: ids.join(","), limit: PAGE };
    await this.merge(() => this.client.photos(query, { signal: this.controller.signal }));
    const next = this.changed.values().next();
    if (!next.done) this.refresh(next.value);
  }

  private async merge(read: () => Promise<{ items: readonly Photo[] }>): Promise<void> {
    try {
      for (const photo of (await read()).items) {
        if (this.status === null || photo.status === this.status) this.byId.set(photo.id, photo);
        else this.byId.delete(photo.id);
      }
      this.show({ photos: this.sorted() });
    } catch (error) {
      this.failed(error);
    }
  }

  private sorted(): Photo[] {
    return [...this.byId.values()].sort((a, b) => compare(b.created_at, a.created_at) || compare(b.id, a.id));
  }

  private failed(error: unknown): void {
    if (this.controller.signal.aborted) return;
    if (isSignedOut(error)) this.signedOut();
    this.show({ loading: false, error: wordsOf(error) });
  }

  private show(change: Partial<LibrarySnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
