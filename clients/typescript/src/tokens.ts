import { withinTime } from "./abort.js";
import { NetworkError, PhotodockError } from "./errors.js";

/**
 * Gives the access token. Called for each request, so it should answer from memory; `refresh` is true after the service
 * refused the one before (401): then a new one must be had. Where it throws, or gives what can't be a token, the call
 * fails with `token_unavailable`; where its own `fetch` finds no network, with `network_error`; where it never answers,
 * with `timeout`.
 */
export type TokenCallback = (options: { readonly refresh: boolean }) => string | Promise<string>;

export interface HeldToken {
  readonly value: string;
  /** How many refreshes came before it. */
  readonly generation: number;
}

/** Tokens for requests. Those that are refused together share one refresh. */
export class Tokens {
  private readonly callback: TokenCallback;
  private readonly timeoutSeconds: number;
  private generation = 0;
  private refresh: Promise<HeldToken> | undefined;
  private refreshing = false;

  constructor(callback: TokenCallback, timeoutSeconds: number) {
    this.callback = callback;
    this.timeoutSeconds = timeoutSeconds;
  }

  async current(): Promise<HeldToken> {
    if (this.refreshing && this.refresh) return this.refresh;
    const generation = this.generation;
    return { value: await this.ask(false), generation };
  }

  /** Another one than `refused`. A refresh that began after `refused` was given serves here too. */
  async instead(refused: HeldToken): Promise<HeldToken> {
    if (!this.refresh || refused.generation === this.generation) this.refresh = this.renew();
    return this.refresh;
  }

  private async renew(): Promise<HeldToken> {
    const generation = ++this.generation;
    this.refreshing = true;
    try {
      return { value: await this.ask(true), generation };
    } finally {
      this.refreshing = false;
    }
  }

  private async ask(refresh: boolean): Promise<string> {
    let token: string;
    try {
      // Others wait for a refresh: one that hangs must not keep them for ever.
      token = await withinTime(this.timeoutSeconds, undefined, async () => this.callback({ refresh }));
    } catch (error) {
      throw failureOf(error);
    }
    return checked(token);
  }
}

/** What a mistake of the program throws, in the words of V8, JavaScriptCore, Gecko and Hermes. */
const MISTAKE = /undefined|null|is not|not iterable|propert/i;

/** A `fetch` that finds no network throws a TypeError, and so does a mistake: only the first may pass by itself. */
function failureOf(error: unknown): PhotodockError {
  if (error instanceof NetworkError) return error;
  if (error instanceof TypeError && !MISTAKE.test(error.message)) {
    return new NetworkError("network_error", "The app's token callback could not reach its server.", error);
  }
  return new PhotodockError("token_unavailable", "The app's token callback failed; `cause` says why.", {
    cause: error,
  });
}

/** Not a page that was answered in its place, which no header takes. None yet is for the service to refuse. */
function checked(token: unknown): string {
  const text = typeof token === "string" ? token.trim() : "";
  if (/^[\x21-\x7e]*$/.test(text)) return text;
  throw new PhotodockError("token_unavailable", "What the app's token callback gave is no token.");
}
