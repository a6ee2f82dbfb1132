import { PhotodockError } from "../errors.js";
import type { Photo } from "../models.js";
import { isUnknownCall, verdictOf } from "./failures.js";

/** What happens in a project. `reset`: something may have been missed. */
export type PhotoChange = { readonly type: "photo"; readonly photoId: string } | { readonly type: "reset" };

/** A project's stream, or (null) that of all projects. */
type Scope = string | null;

export interface FollowerOptions {
  photos(ids: readonly string[], signal: AbortSignal): Promise<readonly Photo[]>;
  /** The service's events, if there are any. Ends or throws when the stream does. */
  readonly changes?: ((projectId: Scope, signal: AbortSignal) => AsyncIterable<PhotoChange>) | undefined;
  /** Photos as they are now, and ids of those that are not there any more. */
  found(photos: readonly Photo[], gone: readonly string[]): Promise<void>;
  failed(error: unknown): void;
}

const FIRST_MS = 2_000;
const GROWTH = 1.5;
const LONGEST_MS = 60_000;
/** Changes come in swarms: one look for all of a moment. */
const GATHER_MS = 150;
const BATCH = 100;

/**
 * Follows photos until they are completed or failed: told by events where there are any, and by looks at intervals that
 * grow from 2 seconds to a minute and begin anew when something moves. With a stream the longest interval is left as a
 * safety net.
 */
export class Follower {
  private readonly options: FollowerOptions;
  private readonly photos = new Map<string, string>();
  private readonly streams = new Map<Scope, AbortController>();
  private readonly connected = new Set<Scope>();
  private interval = FIRST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = Infinity;
  private looking: AbortController | undefined;
  private streamless = false;
  /** Those that the service refuses. */
  private readonly refused = new Set<Scope>();
  /** Something changed while a look was under way: it may have come too late for that one. */
  private overtaken = false;

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** The photos to follow from now on: ids, and the project of each. */
  follow(photos: ReadonlyMap<string, string>): void {
    const fresh = [...photos.keys()].some((id) => !this.photos.has(id));
    this.photos.clear();
    for (const [id, project] of photos) this.photos.set(id, project);
    this.connect();
    if (photos.size === 0) this.rest();
    else if (fresh) this.soon();
  }

  stop(): void {
    this.follow(new Map());
    this.looking?.abort();
  }

  private soon(): void {
    this.interval = FIRST_MS;
    this.schedule(this.pause());
  }

  private pause(): number {
    const told = [...this.scopes()].every((scope) => this.connected.has(scope));
    return told ? LONGEST_MS : this.interval;
  }

  private schedule(delay: number): void {
    const at = Date.now() + delay;
    if (at >= this.dueAt) return;
    this.rest();
    this.dueAt = at;
    this.timer = setTimeout(() => {
      this.dueAt = Infinity;
      void this.look();
    }, delay);
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
  }

  private async look(): Promise<void> {
    if (this.looking) {
      this.overtaken = true;
      return;
    }
    this.overtaken = false;
    const controller = (this.looking = new AbortController());
    try {
      const ids = [...this.photos.keys()];
      for (let at = 0; at < ids.length; at += BATCH) await this.lookAt(ids.slice(at, at + BATCH), controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) this.options.failed(error);
    } finally {
      this.looking = undefined;
    }
    this.interval = Math.min(LONGEST_MS, this.interval * GROWTH);
    this.connect();
    if (this.photos.size > 0) this.schedule(this.wasOvertaken() ? GATHER_MS : this.pause());
  }

  /** A method, for the compiler takes the field to be what it was before the look. */
  private wasOvertaken(): boolean {
    return this.overtaken;
  }

  private async lookAt(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const photos = await this.options.photos(ids, signal);
    const there = new Set(photos.map(({ id }) => id));
    await this.options.found(
      photos,
      ids.filter((id) => !there.has(id)),
    );
  }

  private connect(): void {
    const { changes } = this.options;
    const scopes = this.scopes();
    for (const [scope, controller] of this.streams) if (!scopes.has(scope)) controller.abort();
    if (!changes || this.streamless) return;
    for (const scope of scopes) {
      if (!this.streams.has(scope) && !this.refused.has(scope)) void this.listen(scope, changes);
    }
  }

  /**
   * Photos of several projects are told of by one stream: a browser has six connections to a host, and the service lets
   * a user have a few streams. Where that one stands it stays when a single project is left.
   */
  private scopes(): ReadonlySet<Scope> {
    const projects = new Set<Scope>(this.photos.values());
    return projects.size > 1 || (projects.size === 1 && this.connected.has(null)) ? new Set([null]) : projects;
  }

  private async listen(scope: Scope, changes: NonNullable<FollowerOptions["changes"]>): Promise<void> {
    const controller = new AbortController();
    this.streams.set(scope, controller);
    try {
      for await (const change of changes(scope, controller.signal)) {
        // The first event, of whatever kind, says that the stream stands.
        this.connected.add(scope);
        if (change.type === "reset" || this.photos.has(change.photoId)) this.schedule(GATHER_MS);
      }
    } catch (error) {
      // Without the stream the looks go on alone. A service that has none is not asked again, nor for what it refuses.
      if (isStreamless(error)) this.streamless = true;
      else if (verdictOf(error) === "never") this.refused.add(scope);
    } finally {
      this.streams.delete(scope);
      // One that never stood is no news: it is tried again after each look, at their intervals.
      const stood = this.connected.delete(scope);
      if (this.photos.size > 0 && stood) this.soon();
    }
  }
}

/** Neither this service nor this platform has streams. */
function isStreamless(error: unknown): boolean {
  return isUnknownCall(error) || (error instanceof PhotodockError && error.code === "streaming_unsupported");
}
