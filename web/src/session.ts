import { PhotodockClient, PhotodockError, UploadQueue } from "@photodock/client";

const KEY = "photodock-token";

/** Who is signed in, in this tab: the token is gone with the tab. */
export class Session {
  readonly client: PhotodockClient;
  readonly queue: UploadQueue;
  readonly token: string;

  constructor(token: string) {
    this.token = token;
    this.client = new PhotodockClient({ baseUrl: location.origin, token: () => Promise.resolve(token) });
    // A queue of each user's own: nobody's photos are sent in another one's name.
    this.queue = new UploadQueue(this.client, { name: `photodock-${ownerOf(token)}` });
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

export function isSignedOut(error: unknown): boolean {
  return error instanceof PhotodockError && error.status === 401;
}

/** What went wrong, in words. */
export function wordsOf(error: unknown): string {
  if (error instanceof PhotodockError && error.code === "network_error")
    return "The service cannot be reached. Check the connection.";
  if (error instanceof PhotodockError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}

/** The token's organization and user, only to keep queues apart: the service alone verifies tokens. */
function ownerOf(token: string): string {
  try {
    const body = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
    const { iss, org, sub } = JSON.parse(atob(body)) as Partial<Record<string, string>>;
    return [iss, org, sub].filter((one) => one !== undefined).join("-");
  } catch {
    return "unknown";
  }
}
