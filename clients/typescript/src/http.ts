import { abortReason, withinTime } from "./abort.js";
import { NetworkError, PhotodockError } from "./errors.js";
import { errorOf, unexpected } from "./problems.js";
import { retrying, type RetryPolicy } from "./retry.js";
import { Tokens, type HeldToken, type TokenCallback } from "./tokens.js";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often the request is sent at the most; by default what the client's retries say. */
  readonly attempts?: number | undefined;
}

export interface Call extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  /** A field that every good answer has; null: none has any content. What has not is no answer of the API's. */
  readonly expects?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** On top of the client's timeout: what the call is meant to wait. */
  readonly waitSeconds?: number | undefined;
}

export interface ApiOptions {
  readonly baseUrl: string;
  readonly token: TokenCallback;
  readonly fetch: typeof fetch;
  readonly timeoutSeconds: number;
  readonly retries: RetryPolicy;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends requests to the API: with a token, a time limit, and again where that may help. */
export class Api {
  readonly options: ApiOptions;
  private readonly tokens: Tokens;

  constructor(options: ApiOptions) {
    this.options = options;
    this.tokens = new Tokens(options.token, options.timeoutSeconds);
  }

  /** The answer's JSON. Throws PhotodockError for every answer that is no success. */
  async json<T>(call: Call): Promise<T> {
    return parsed(await this.answer(call), call.expects) as T;
  }

  /** A successful answer, or 304. `failures` of `attempted` tells how often the request was sent before. */
  async answer(call: Call, attempted: (failures: number) => void = () => undefined): Promise<Answer> {
    const retries = { ...this.options.retries, ...(call.attempts !== undefined && { attempts: call.attempts }) };
    return retrying(retries, call.signal, (failures) => {
      attempted(failures);
      return withinTime(this.options.timeoutSeconds + (call.waitSeconds ?? 0), call.signal, async ({ signal }) => {
        const response = await this.authorized({ ...call, signal });
        const body = await reading(signal, () => response.text());
        if (!response.ok && response.status !== 304) throw errorOf(response, body);
        if (call.expects === null && body !== "") throw unexpected(response.status, response.headers);
        return { status: response.status, headers: response.headers, body };
      });
    });
  }

  /** Undefined where it is refused with `code` after a try whose answer was lost: that one has done it. */
  async unlessDone(call: Call, code: string): Promise<Answer | undefined> {
    const sent = { before: false };
    try {
      return await this.answer(call, (failures) => (sent.before = failures > 0));
    } catch (error) {
      if (sent.before && error instanceof PhotodockError && error.code === code) return undefined;
      throw error;
    }
  }

  /** Sends once, and once more with a new token if this one is refused. Returns whatever else was answered. */
  async authorized(call: Call): Promise<Response> {
    const token = await this.tokens.current();
    const response = await this.send(call, token);
    if (response.status !== 401) return response;
    await reading(call.signal, async () => response.body?.cancel());
    return this.send(call, await this.tokens.instead(token));
  }

  private send(call: Call, token: HeldToken): Promise<Response> {
    const { method, body, signal } = call;
    const headers = new Headers({ Accept: "application/json", ...call.headers });
    headers.set("Authorization", `Bearer ${token.value}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit" };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (signal) init.signal = signal;
    return reading(signal, () => this.options.fetch(this.url(call), init));
  }

  private url({ path, query }: Call): string {
    const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((each) => each !== undefined && each !== null)
        .map((each) => `${name}=${encodeURIComponent(String(each))}`),
    );
    // Not by URLSearchParams, of which React Native has but half.
    const text = pairs.join("&");
    return `${this.options.baseUrl.replace(/\/+$/, "")}/api/v1${path}${text && `?${text}`}`;
  }
}

/** Of a success, which a captive portal may have sent, and in JSON too. */
export function parsed({ status, headers, body }: Answer, expects?: string | null): unknown {
  const found = jsonOf(body);
  const isOurs = !expects || (typeof found === "object" && found !== null && expects in found);
  if (found === undefined || !isOurs) throw unexpected(status, headers);
  return found;
}

/** Undefined for what is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function reading<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal);
    if (error instanceof PhotodockError) throw error;
    throw new NetworkError("network_error", "The service could not be reached, or the connection broke.", error);
  }
}
