import type { QueueItem } from "@photodock/client";

type ItemError = NonNullable<QueueItem["error"]>;

/** What whoever sees the page can do: the sentences of the service and of its client speak to developers. */
const WORDS: Readonly<Record<string, string | undefined>> = {
  file_missing: "This browser has the file no more. Add the file once more, and it goes on.",
  file_changed: "The file was changed after it was added. Remove it here, then add it once more.",
  content_mismatch: "What arrived is not the file that was chosen. Remove it here, then add it once more.",
  idempotency_conflict: "The file was changed after it was added. Remove it here, then add it once more.",
  invalid_status_transition: "The photo takes no file any more. Remove it here, then add it once more.",
  upload_expired: "The photo was not sent in time. Retry sends it.",
  photo_not_found: "The photo was deleted while it was on its way. Retry sends it once more.",
  detection_timeout: "The photo is here, but no detector has looked at it in time. Retry asks for it again.",
  detection_failed: "The photo is here, but its detection failed. Its page says why.",
  invalid_file_type:
    "Only JPEG and PNG are taken. An iPhone takes JPEGs with Settings › Camera › Formats › Most Compatible.",
  file_too_small: "The file is too small for a photo: it is most likely cut off. Look at it where you have it.",
  project_access_denied: "You may not add photos to this project. Ask your administrator.",
  storage_refused: "The store did not take the file. Retry; if it stays so, tell your administrator.",
  upload_not_found: "The file has not arrived. It is sent once more.",
  network_error: "The connection broke. It is tried again by itself.",
  timeout: "The connection is too slow. It is tried again by itself.",
  rate_limited: "The service asked to wait a moment. It goes on by itself.",
  storage_unavailable: "The service is in trouble. It is tried again by itself.",
  database_unavailable: "The service is in trouble. It is tried again by itself.",
  identity_unavailable: "The service is in trouble. It is tried again by itself.",
  internal_error: "The service is in trouble. It is tried again by itself.",
  unexpected_answer: "Something answers in the service's place, perhaps a network that asks you to sign in.",
};

/** Of a code that is not known here, the sentence that came with it. */
export function uploadWords({ code, detail }: ItemError): string {
  return WORDS[code] ?? detail;
}
