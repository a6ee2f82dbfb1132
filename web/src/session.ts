import { PhotodockClient, UploadQueue } from "@photodock/client";

import { Feed } from "./feed.js";
import { Intake } from "./intake.js";

const KEY = "photodock-token";

/** Who is signed in, in this tab: the token is gone with the tab. */
export class Session {
  readonly client: PhotodockClient;
  readonly queue: UploadQueue;
  readonly intake: Intake;
  readonly token: string;
  private readonly feeds = new Map<string, Feed>();

  constructor(token: string) {
    this.token = token;
    this.client = new PhotodockClient({ baseUrl: location.origin, token: () => Promise.resolve(token) });
    // A queue of each user's own: nobody's photos are sent in another one's name.
    this.queue = new UploadQueue(this.client, { name: `photodock-${ownerOf(token)}` });
    this.intake = new Intake(this.queue);
  }

  feed(projectId: string): Feed {
    const feed = this.feeds.get(projectId) ?? new Feed(this.client, projectId);
    this.feeds.set(projectId, feed);
    return feed;
  }

  /** Nothing is sent with its token any more. */
  end(): void {
    this.intake.end();
    void this.queue.stop();
  }
}

/** `up` prints an address with `#token=…`: a fragment is sent to no server. It leaves the address bar at once. */
export function givenToken(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return sessionStorage.getItem(KEY);
  const project = fragment.get("project");
  history.replaceState(null, "", project ? `#/projects/${encodeURIComponent(project)}` : "#/");
  keepToken(token);
  return token;
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** By the token's own word and this machine's clock: only to say why it was not accepted. */
export function hasExpired(token: string): boolean {
  const { exp } = claimsOf(token);
  return typeof exp === "number" && exp * 1000 < Date.now();
}

/** The token's organization and user, only to keep queues apart: the service alone verifies tokens. */
function ownerOf(token: string): string {
  const { iss, org, sub } = claimsOf(token);
  const parts = [iss, org, sub].filter((one) => typeof one === "string");
  return parts.length > 0 ? parts.join("-") : "unknown";
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const body = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
    return JSON.parse(atob(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
