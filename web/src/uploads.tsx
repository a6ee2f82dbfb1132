import type { QueueSnapshot } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";

import { dropped, ofFolder, type Found } from "./files.js";
import { useSnapshot } from "./hooks.js";
import { wordsOf, type Session } from "./session.js";
import { UploadList } from "./upload-list.js";

interface Props {
  readonly session: Session;
  readonly projectId: string;
  readonly hidden: boolean;
  readonly onSignedOut: () => void;
}

const WAIT_WORDS: Readonly<Record<NonNullable<QueueSnapshot["waitingFor"]>, string>> = {
  paused: "Paused.",
  offline: "Offline. It goes on by itself when the network is back.",
  policy: "Waits for another network.",
  rate_limited: "The service asked to wait a moment. It goes on by itself.",
  unavailable: "The service cannot be reached. It is tried again by itself.",
  session: "The token has ended. Sign in again: nothing is lost.",
};

/** Where photos come in. Stays mounted beside a photo's page, so that uploads go on. */
export function Uploads({ session, projectId, hidden, onSignedOut }: Props) {
  const { queue } = session;
  const snapshot = useSnapshot(queue);
  const [said, say] = useState<string | null>(null);
  useEffect(() => {
    queue.start().catch((error: unknown) => {
      say(`The list of uploads cannot be read: ${wordsOf(error)}`);
    });
    return queue.on("session", onSignedOut);
  }, [queue, onSignedOut]);
  const add = async (found: Found | Promise<Found>): Promise<void> => {
    try {
      const { files, leftOut } = await found;
      await queue.addAll(files, { projectId });
      say(leftOut > 0 ? `${String(leftOut)} files that are no pictures were left out.` : null);
    } catch (error) {
      say(`The files could not be read: ${wordsOf(error)}`);
    }
  };
  const isOver = useDropTarget((transfer) => void add(dropped(transfer)));
  return (
    <section class="uploads" aria-labelledby="uploads-title" hidden={hidden}>
      <h2 id="uploads-title">Add photos</h2>
      <div class={isOver ? "drop over" : "drop"}>
        <p>
          <span class="wide">Drop photos or a folder here, or </span>choose:
        </p>
        <div class="choices">
          <Choice label="Photos" main accept="image/*" multiple onFiles={(files) => void add({ files, leftOut: 0 })} />
          <Choice label="Folder" webkitdirectory onFiles={(files) => void add(ofFolder(files))} />
          <Choice
            label="Camera"
            accept="image/jpeg"
            capture="environment"
            onFiles={(files) => void add({ files, leftOut: 0 })}
          />
        </div>
        <p class="quiet">JPEG and PNG. What was added survives a reload.</p>
      </div>
      {said !== null && (
        <p class="notice" role="status">
          {said}
        </p>
      )}
      {snapshot.items.length > 0 && <Overview session={session} snapshot={snapshot} />}
    </section>
  );
}

function Overview({ session, snapshot }: { readonly session: Session; readonly snapshot: QueueSnapshot }) {
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
            <button type="button" onClick={() => void queue.clear()}>
              Clear completed
            </button>
          )}
        </div>
      </div>
      <progress max={1} value={progress.fraction} aria-label="All uploads" />
      <UploadList items={snapshot.items} queue={queue} />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly onFiles: (files: File[]) => void;
  readonly main?: boolean;
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly capture?: "environment";
  readonly webkitdirectory?: boolean;
}

/** A button in place of the browser's own input, which no style sheet reaches. */
function Choice({ label, onFiles, main = false, ...input }: ChoiceProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        {...input}
        ref={field}
        type="file"
        hidden
        aria-label={label}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // Else the same file again would be no change.
          currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      <button type="button" class={main ? "primary" : ""} onClick={() => field.current?.click()}>
        {label}
      </button>
    </>
  );
}

/** The whole window takes files: nobody has to aim, and none opens in place of the page. */
function useDropTarget(onDrop: (transfer: DataTransfer) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onDrop);
  latest.current = onDrop;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const hold = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer) latest.current(event.dataTransfer);
    };
    addEventListener("dragover", hold, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("drop", drop, { signal });
    return () => {
      controller.abort();
    };
  }, []);
  return over;
}
