import type { QueueSnapshot } from "@photodock/client";

import type { Session } from "./session.js";
import { UploadList } from "./upload-list.js";
import { sizeWords } from "./words.js";

const WAIT_WORDS: Readonly<Record<NonNullable<QueueSnapshot["waitingFor"]>, string>> = {
  paused: "Paused.",
  offline: "Offline. It goes on by itself when the network is back.",
  policy: "Waits for another network.",
  rate_limited: "The service asked to wait a moment. It goes on by itself.",
  unavailable: "The service cannot be reached. It is tried again by itself.",
  session: "The token has ended. Sign in again: nothing is lost.",
};

interface Props {
  readonly session: Session;
  readonly snapshot: QueueSnapshot;
  /** What a project is called that is not the one that is shown; null: it is that one. */
  readonly elsewhere: (projectId: string) => string | null;
}

/** How far all uploads together are, and the list of them. */
export function Overview({ session, snapshot, elsewhere }: Props) {
  const { queue } = session;
  const { progress, paused, waitingFor } = snapshot;
  const done = progress.completed + progress.failed === progress.total;
  return (
    <div class="overview">
      <div class="bar">
        <p role="status" data-completed={progress.completed} data-failed={progress.failed} data-total={progress.total}>
          <strong>
            {progress.completed} of {progress.total} completed
          </strong>
          {progress.failed > 0 && `, ${String(progress.failed)} failed`}
          {!done && <span class="quiet sent">{sentWords(snapshot)}</span>}
          {waitingFor !== null && !done && <span class="waiting">{WAIT_WORDS[waitingFor]}</span>}
        </p>
        <div class="actions">
          {!done &&
            (paused ? (
              <button type="button" onClick={() => void queue.resume()}>
                Resume all
              </button>
            ) : (
              <button type="button" onClick={() => void queue.pause()}>
                Pause all
              </button>
            ))}
          {progress.failed > 0 && (
            <button type="button" onClick={() => void queue.retry()}>
              Retry failed
            </button>
          )}
          {progress.completed > 0 && (
            <button type="button" class="plain" onClick={() => void queue.clear()}>
              Clear completed
            </button>
          )}
        </div>
      </div>
      <progress max={1} value={progress.fraction} aria-label="All uploads" />
      <UploadList items={snapshot.items} queue={queue} elsewhere={elsewhere} />
    </div>
  );
}

/** How much has been sent, and for how long it goes on at this rate. */
function sentWords({ progress, bytesPerSecond, waitingFor }: QueueSnapshot): string {
  const { sentBytes, totalBytes } = progress;
  if (sentBytes >= totalBytes) return "All sent. The detection goes on.";
  const sent = `${sizeWords(sentBytes)} of ${sizeWords(totalBytes)} sent`;
  if (waitingFor !== null || bytesPerSecond === null || bytesPerSecond <= 0) return sent;
  const minutes = (totalBytes - sentBytes) / bytesPerSecond / 60;
  return `${sent}, ${minutes < 1 ? "less than a minute" : `about ${minutes.toFixed(0)} min`} left`;
}
