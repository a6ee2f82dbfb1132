import { withinTime } from "./abort.js";
import { NetworkError, PhotodockError } from "./errors.js";

/**
 * Gives the access token. Called for each request, so it should answer from memory; `refresh` is true after the service
 * refused the one before (401): then a new one must be had. Where it throws, the call fails with `token_unavailable`;
 * where it never answers, with `timeout`.
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
    try {
      // Others wait for a refresh: one that hangs must not keep them for ever.
      return await withinTime(this.timeoutSeconds, undefined, async () => this.callback({ refresh }));
    } catch (error) {
      if (error instanceof NetworkError && error.code === "timeout") throw error;
      throw new PhotodockError("token_unavailable", "The app's token callback failed; `cause` says why.", {
        cause: error,
      });
    }
  }
}
