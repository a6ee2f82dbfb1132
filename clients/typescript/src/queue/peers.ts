import type { StoredItem } from "./item.js";
import type { StoredFile } from "./store.js";
import type { Moment } from "./view.js";

/** What a user may want, in whichever tab. Without an id: of all. */
export type Command =
  | { readonly type: "pause" | "resume" | "cancel"; readonly id: string | undefined }
  | { readonly type: "retry"; readonly id: string | undefined; readonly file: StoredFile | undefined }
  | { readonly type: "clear" };

/** What tabs tell each other. `files`: those that only the sender's page has. */
export type Message =
  | { readonly type: "added"; readonly items: readonly StoredItem[]; readonly files: ReadonlyMap<string, StoredFile> }
  | { readonly type: "changed"; readonly items: readonly StoredItem[] }
  | { readonly type: "removed"; readonly ids: readonly string[] }
  | { readonly type: "moment"; readonly moment: Moment; readonly sent: ReadonlyMap<string, number> }
  | { readonly type: "hello" }
  /** A tab has become the owner: what was wanted of the one before may not have been done. */
  | { readonly type: "owner" }
  | { readonly type: "command"; readonly number: string; readonly command: Command }
  | { readonly type: "done"; readonly number: string; readonly failure: string | null };

/** What is used of a BroadcastChannel. */
export interface ChannelLike {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** The other tabs of the same queue; nobody, where there is no BroadcastChannel. */
export class Peers {
  private readonly channel: ChannelLike | undefined;

  constructor(name: string, listener: (message: Message) => void) {
    const { BroadcastChannel: Channel } = globalThis as { BroadcastChannel?: new (name: string) => ChannelLike };
    this.channel = Channel && new Channel(name);
    if (!this.channel) return;
    this.channel.onmessage = ({ data }: MessageEvent) => {
      listener(data as Message);
    };
    // Node's keeps the process alive otherwise.
    (this.channel as { unref?: () => void }).unref?.();
  }

  post(message: Message): void {
    try {
      this.channel?.postMessage(message);
    } catch {
      // Closed meanwhile. The others read the store when they become owner.
    }
  }

  close(): void {
    this.channel?.close();
  }
}
