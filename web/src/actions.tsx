import type { Photo } from "@photodock/client";
import { useState } from "preact/hooks";

import { DeleteButton } from "./delete-button.js";
import { DownloadButton } from "./download-button.js";
import { wordsOf } from "./failures.js";
import type { Session } from "./session.js";

interface Props {
  readonly session: Session;
  readonly photo: Photo;
  readonly back: string;
  readonly refresh: () => void;
}

/** What can be done with a photo; and why it failed, beside what helps. */
export function Actions({ session, photo, back, refresh }: Props) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const retry = async (): Promise<void> => {
    setBusy(true);
    try {
      await session.client.retryDetection(photo.id);
      setError(null);
      refresh();
    } catch (failure) {
      setError(wordsOf(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {photo.error && <Failure photo={photo} code={photo.error.code} detail={photo.error.detail ?? ""} />}
      <div class="actions">
        {photo.status === "failed" && photo.detection.status === "failed" && (
          <button type="button" class="primary" disabled={busy} onClick={() => void retry()}>
            Retry detection
          </button>
        )}
        {photo.download_url !== null && <DownloadButton session={session} photo={photo} onError={setError} />}
        <DeleteButton session={session} photo={photo} back={back} onError={setError} />
      </div>
      {error !== null && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

interface FailureProps {
  readonly photo: Photo;
  readonly code: string;
  readonly detail: string;
}

function Failure({ photo, code, detail }: FailureProps) {
  const [title, words] = FAILURE_WORDS[code] ?? ["The photo failed", detail];
  return (
    <div class="notice bad">
      <strong>{title}</strong>
      <p>{code === "detection_failed" ? reasonOf(photo) : words}</p>
    </div>
  );
}

/** What the detector itself said. */
function reasonOf(photo: Photo): string {
  const { code, detail } = photo.detection.error ?? {};
  if (typeof detail === "string" && detail !== "") return detail;
  return typeof code === "string" ? `The detector said: ${code}` : "";
}

/** What is wrong, and what somebody can do who is no developer. */
const FAILURE_WORDS: Readonly<Record<string, readonly [title: string, words: string] | undefined>> = {
  upload_expired: ["The photo never arrived", "Add its file once more, on the device that has it."],
  content_mismatch: [
    "Another file arrived than was announced",
    "It was changed, or damaged on its way, and is not kept. Delete this photo, and add its file once more.",
  ],
  detection_timeout: [
    "No detector answered",
    "The photo itself is here. Retry its detection; if it stays so, tell your administrator.",
  ],
  detection_failed: ["The detection failed", ""],
};
