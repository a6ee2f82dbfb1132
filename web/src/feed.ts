import type { PhotodockClient, PhotoEvent } from "@photodock/client";

interface Listener {
  /** Called with `reset` too, where changes may have been missed: then all is to be read anew. */
  readonly changed: (event: PhotoEvent) => void;
  readonly failed: (error: unknown) => void;
}

/** A browser holds six connections to an origin (HTTP/1.1), for all of its tabs: one that nobody sees gives its own back. */
const UNSEEN_MS = 5_000;

/** The changes of a project's photos: one connection for all parts of the page. */
export class Feed {
  private readonly client: PhotodockClient;
  private readonly projectId: string;
  private readonly listeners = new Set<Listener>();
  private connection: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: PhotodockClient, projectId: string) {
    this.client = client;
    this.projectId = projectId;
  }

  /** Until the returned function is called. What is read after this call misses nothing. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    document.addEventListener("visibilitychange", this.look);
    this.look();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.look);
      this.close();
    };
  }

  private readonly look = (): void => {
    clearTimeout(this.timer);
    if (document.visibilityState === "visible") this.connection ??= this.open();
    else this.timer = setTimeout(this.close, UNSEEN_MS);
  };

  private readonly close = (): void => {
    clearTimeout(this.timer);
    this.connection?.abort();
    this.connection = undefined;
  };

  private open(): AbortController {
    const connection = new AbortController();
    const { signal } = connection;
    const follow = async (): Promise<void> => {
      for await (const event of this.client.events(this.projectId, { signal }))
        for (const { changed } of this.listeners) changed(event);
    };
    follow().catch((error: unknown) => {
      if (signal.aborted) return;
      this.connection = undefined;
      for (const { failed } of this.listeners) failed(error);
    });
    return connection;
  }
}
