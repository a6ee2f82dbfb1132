import type { QueueItem, UploadQueue } from "@photodock/client";
import { useState } from "preact/hooks";

import { uploadWords } from "./upload-words.js";
import { sizeWords } from "./words.js";

/** A whole list of hundreds would push the gallery off the screen. */
const SHOWN = 5;
/** What needs somebody first, then what moves, then what waits; what is done last. */
const ORDER: readonly QueueItem["step"][] = [
  "failed",
  "sending",
  "sent",
  "processing",
  "ready",
  "waiting",
  "cancelling",
  "completed",
];
const STEP_WORDS: Readonly<Record<QueueItem["step"], string>> = {
  waiting: "Waiting",
  ready: "Waiting",
  sending: "Uploading",
  sent: "Checking",
  processing: "In detection",
  completed: "Completed",
  failed: "Failed",
  cancelling: "Removing",
};

interface Props {
  readonly items: readonly QueueItem[];
  readonly queue: UploadQueue;
  readonly elsewhere: (projectId: string) => string | null;
}

export function UploadList({ items, queue, elsewhere }: Props) {
  const [all, setAll] = useState(false);
  const sorted = [...items].sort((a, b) => ORDER.indexOf(a.step) - ORDER.indexOf(b.step) || a.addedAt - b.addedAt);
  const shown = all ? sorted : sorted.filter(({ step }) => step !== "completed").slice(0, SHOWN);
  return (
    <>
      {shown.length > 0 && (
        <ul class="list">
          {shown.map((item) => (
            <Row key={item.id} item={item} queue={queue} project={elsewhere(item.projectId)} />
          ))}
        </ul>
      )}
      {(all || shown.length < sorted.length) && (
        <button
          type="button"
          class="plain"
          aria-expanded={all}
          onClick={() => {
            setAll(!all);
          }}
        >
          {all ? "Show fewer" : `Show all ${String(sorted.length)} files`}
        </button>
      )}
    </>
  );
}

interface RowProps {
  readonly item: QueueItem;
  readonly queue: UploadQueue;
  /** Its name, where it is not the one that is shown. */
  readonly project: string | null;
}

export function Row({ item, queue, project }: RowProps) {
  const error = item.error ?? item.lastError;
  const { step, fileName } = item;
  const moving = step === "waiting" || step === "ready" || step === "sending";
  return (
    <li class="row" data-step={step} data-name={fileName}>
      <div class="what">
        <strong title={fileName}>
          {item.photoId !== null ? <a href={`#/photos/${item.photoId}`}>{fileName}</a> : fileName}
        </strong>
        <span class={`state ${item.paused && moving ? "paused" : step}`}>
          {item.paused && moving ? "Paused" : STEP_WORDS[step]}
          {step === "completed" && item.existing && " (was there already)"}
          {" · "}
          {step === "sending"
            ? `${sizeWords(item.sentBytes)} of ${sizeWords(item.fileSize)}`
            : sizeWords(item.fileSize)}
          {project !== null && ` · for ${project}`}
        </span>
        {error && <span class={step === "failed" ? "reason bad" : "reason"}>{uploadWords(error)}</span>}
      </div>
      {!(step === "completed" || step === "failed") && (
        <progress max={1} value={item.progress} aria-label={`Progress of ${fileName}`} />
      )}
      <div class="actions">
        {moving && !item.paused && <Action name="Pause" of={fileName} run={() => queue.pause(item.id)} />}
        {moving && item.paused && <Action name="Resume" of={fileName} run={() => queue.resume(item.id)} />}
        {item.canRetry && <Action name="Retry" of={fileName} run={() => queue.retry(item.id)} />}
        {(moving || step === "failed") && <Action name="Remove" of={fileName} run={() => queue.cancel(item.id)} />}
      </div>
    </li>
  );
}

function Action({ name, of, run }: { readonly name: string; readonly of: string; readonly run: () => Promise<void> }) {
  return (
    <button type="button" class="small" onClick={() => void run()}>
      {name}
      <span class="hidden"> {of}</span>
    </button>
  );
}
