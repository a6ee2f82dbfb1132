import { sleep, withinTime } from "./abort.js";
import { NetworkError, PhotodockError } from "./errors.js";
import type { Api, CallOptions } from "./http.js";
import type { PhotoChange } from "./models.js";
import { errorOf, unexpected } from "./problems.js";
import { pauseSeconds, type RetryPolicy } from "./retry.js";
import { SseParser, type ServerSentEvent } from "./sse.js";

/** `reset`: changes may have been missed; read the photos anew. */
export type PhotoEvent = PhotoChange | { readonly type: "reset" };

export interface EventsOptions extends CallOptions {
  /** Silence after which the connection is taken for lost. The service sends something far more often. */
  readonly idleSeconds?: number | undefined;
}

const IDLE_SECONDS = 60;
/** A connection that lasted so long was a good one. */
const STEADY_MS = 30_000;

/**
 * The changes of a project's photos, in the order in which they became visible, none left out: after a lost connection
 * it resumes where it was, for as long as the signal lets it. The first event is a `reset`, once the stream is open: a
 * list that is read on it misses nothing. Ends when the signal is aborted; throws when the service refuses.
 */
export async function* photoEvents(
  api: Api,
  policy: RetryPolicy,
  projectId: string | null,
  options: EventsOptions = {},
): AsyncGenerator<PhotoEvent, void, undefined> {
  const stream = new Stream(api, projectId, options);
  for (let failures = 1; ; failures += 1) {
    let pause = 0;
    const begunAt = Date.now();
    try {
      for await (const event of stream.connection()) {
        if (event.type !== "reset") failures = 1;
        yield event;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!(error instanceof PhotodockError && error.retryable)) throw error;
      pause = error.retryAfterSeconds ?? 0;
    }
    // One that ends as soon as it stands is a failure too.
    if (Date.now() - begunAt > STEADY_MS) failures = 1;
    try {
      await sleep(pauseSeconds(failures, policy, Math.max(pause, stream.retrySeconds)), options.signal);
    } catch {
      return;
    }
  }
}

class Stream {
  retrySeconds = 0;
  private readonly api: Api;
  private readonly projectId: string | null;
  private readonly options: EventsOptions;
  private lastEventId: string | undefined;

  constructor(api: Api, projectId: string | null, options: EventsOptions) {
    this.api = api;
    this.projectId = projectId;
    this.options = options;
  }

  /** The events of one connection, until it ends. */
  async *connection(): AsyncGenerator<PhotoEvent, void, undefined> {
    const { signal } = this.options;
    const controller = new AbortController();
    try {
      const reader = await this.open(controller.signal);
      if (this.lastEventId === undefined) yield { type: "reset" };
      const decoder = new TextDecoder();
      const parser = new SseParser();
      for (;;) {
        const { done, value } = await withinTime(this.options.idleSeconds ?? IDLE_SECONDS, signal, () => read(reader));
        if (done) return;
        const events = parser.push(decoder.decode(value, { stream: true }));
        this.lastEventId = parser.lastEventId ?? this.lastEventId;
        this.retrySeconds = (parser.retryMilliseconds ?? 0) / 1000;
        yield* events.flatMap(understood);
      }
    } finally {
      controller.abort();
    }
  }

  /** `connected` ends the connection; the caller's own signal only has to end the opening. */
  private async open(connected: AbortSignal): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const response = await withinTime(this.api.options.timeoutSeconds, this.options.signal, () =>
      this.api.authorized({
        method: "GET",
        path: "/events",
        query: { project_id: this.projectId },
        headers: {
          Accept: "text/event-stream",
          ...(this.lastEventId !== undefined && { "Last-Event-ID": this.lastEventId }),
        },
        signal: connected,
      }),
    );
    if (!response.ok) throw errorOf(response, await response.text());
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream"))
      throw unexpected(response.status, response.headers);
    if (response.body) return response.body.getReader();
    throw new PhotodockError(
      "streaming_unsupported",
      "This fetch reads no streams. In Expo give the client expo/fetch.",
    );
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (error) {
    throw new NetworkError("network_error", "The stream of events broke.", error);
  }
}

/** Kinds of events that this version does not know are left out. */
function understood({ event, data }: ServerSentEvent): PhotoEvent[] {
  if (event === "reset") return [{ type: "reset" }];
  return event === "photo" ? [JSON.parse(data) as PhotoChange] : [];
}
