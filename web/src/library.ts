import { PhotodockError, type Photo, type PhotoEvent, type PhotoPage, type PhotoStatus } from "@photodock/client";

import { isSignedOut, wordsOf } from "./failures.js";
import type { Session } from "./session.js";

export interface LibrarySnapshot {
  /** Newest first. */
  readonly photos: readonly Photo[];
  readonly loading: boolean;
  readonly complete: boolean;
  readonly error: string | null;
}

const PAGE = 100;
/** The API's own limit. */
const MOST_OF_A_PAGE = 200;
/** Changes are gathered for so long: one call for a whole batch. */
const GATHER_MS = 250;
/** What could not be read is asked for again. */
const AGAIN_MS = 5_000;
/** Loading from the first, so that nobody asks for more before the start does. */
const EMPTY: LibrarySnapshot = { photos: [], loading: true, complete: false, error: null };

/** The photos of a project, as far as they were scrolled to, kept up to date by its feed. */
export class Library {
  private readonly session: Session;
  private readonly projectId: string;
  private readonly status: PhotoStatus | null;
  private readonly signedOut: () => void;
  private readonly controller = new AbortController();
  private readonly listeners = new Set<() => void>();
  private readonly changed = new Set<string>();
  private byId = new Map<string, Photo>();
  /** Of two answers about a photo the one counts that was asked for later, in whatever order they come. */
  private reads = 0;
  /** The read that tells of each photo; of one that was deleted none does any more. */
  private readonly latest = new Map<string, number>();
  private snapshot = EMPTY;
  private cursor: string | null = null;
  /** Of pages that were asked for before all was read anew nothing is taken. */
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private leaveFeed: (() => void) | undefined;

  constructor(session: Session, projectId: string, status: PhotoStatus | null, signedOut: () => void) {
    this.session = session;
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
    this.leaveFeed = this.session.feed(this.projectId).listen({
      changed: (event) => {
        this.take(event);
      },
      failed: (error) => {
        this.failed(error);
      },
    });
    void this.reload();
  }

  stop(): void {
    this.leaveFeed?.();
    this.controller.abort();
    clearTimeout(this.timer);
    clearTimeout(this.again);
  }

  /** The next page, if there is one, nothing is on its way, and the last one was not refused. */
  async more(): Promise<void> {
    const { loading, complete, error } = this.snapshot;
    if (loading || complete || error !== null) return;
    await this.read(async (isCurrent) => {
      const read = this.begin();
      const page = await this.page(this.cursor, PAGE);
      if (!isCurrent()) return;
      for (const photo of page.items) if (this.tells(read, photo)) this.byId.set(photo.id, photo);
      this.cursor = page.next_cursor;
    });
  }

  /** Reads these photos anew: after a change, or when a picture's address has ended. */
  refresh(photoId: string, after = GATHER_MS): void {
    this.changed.add(photoId);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.readChanged();
    }, after);
  }

  /** All that was scrolled to, and shown at once when it is there: nothing jumps. */
  async reload(): Promise<void> {
    this.generation += 1;
    clearTimeout(this.again);
    const wanted = this.byId.size;
    await this.read(async (isCurrent) => {
      const begun = this.begin();
      const items: Photo[] = [];
      let cursor: string | null = null;
      do {
        const page: PhotoPage = await this.page(cursor, wanted > PAGE ? MOST_OF_A_PAGE : PAGE);
        if (!isCurrent()) return;
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && items.length < wanted);
      const newer = [...this.byId.values()].filter((photo) => !this.tells(begun, photo));
      const told = items.filter((photo) => this.tells(begun, photo));
      this.byId = new Map([...told, ...newer].map((photo) => [photo.id, photo]));
      this.cursor = cursor;
    });
  }

  private async read(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const { generation } = this;
    const isCurrent = (): boolean => generation === this.generation;
    this.show({ loading: true });
    try {
      await work(isCurrent);
      if (isCurrent())
        this.show({ photos: this.sorted(), loading: false, complete: this.cursor === null, error: null });
    } catch (error) {
      if (!isCurrent()) return;
      this.failed(error);
      const mayPass = error instanceof PhotodockError && error.retryable && !this.controller.signal.aborted;
      if (mayPass) this.again = setTimeout(() => void this.reload(), AGAIN_MS);
    }
  }

  private page(cursor: string | null, limit: number): Promise<PhotoPage> {
    const query = { project_id: this.projectId, status: this.status, cursor, limit };
    return this.session.client.photos(query, { signal: this.controller.signal });
  }

  private take(event: PhotoEvent): void {
    if (event.type === "reset") {
      void this.reload();
    } else if (event.type === "photo.deleted") {
      this.byId.delete(event.photo_id);
      this.latest.set(event.photo_id, Infinity);
      this.show({ photos: this.sorted() });
    } else {
      this.refresh(event.photo_id);
    }
  }

  private async readChanged(): Promise<void> {
    const ids = [...this.changed].slice(0, PAGE);
    for (const id of ids) this.changed.delete(id);
    const read = this.begin();
    try {
      const query = { ids: ids.join(","), limit: PAGE };
      const { items } = await this.session.client.photos(query, { signal: this.controller.signal });
      for (const photo of items) {
        if (!this.tells(read, photo)) continue;
        if (this.status === null || photo.status === this.status) this.byId.set(photo.id, photo);
        else this.byId.delete(photo.id);
      }
      this.show({ photos: this.sorted(), error: null });
      const [next] = this.changed;
      if (next !== undefined) this.refresh(next);
    } catch (error) {
      this.failed(error);
      if (!this.controller.signal.aborted) for (const id of ids) this.refresh(id, AGAIN_MS);
    }
  }

  private begin(): number {
    this.reads += 1;
    return this.reads;
  }

  /** Whether this read's answer counts for the photo; from now on none counts that was asked for before it. */
  private tells(read: number, { id }: Photo): boolean {
    if (read < (this.latest.get(id) ?? 0)) return false;
    this.latest.set(id, read);
    return true;
  }

  private sorted(): Photo[] {
    return [...this.byId.values()].sort((a, b) => (isNewer(a, b) ? -1 : 1));
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

/** In the API's order. */
export function isNewer(photo: Photo, other: Photo): boolean {
  return photo.created_at === other.created_at ? photo.id > other.id : photo.created_at > other.created_at;
}
