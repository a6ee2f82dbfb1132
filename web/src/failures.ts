import { PhotodockError } from "@photodock/client";

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
