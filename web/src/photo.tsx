import { isFinal, PhotodockError, type HistoryItem, type Photo } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";

import { boxesOf } from "./detections.js";
import { DeleteButton } from "./delete-button.js";
import { Badge } from "./gallery.js";
import { PositionMap } from "./map.js";
import { isSignedOut, wordsOf, type Session } from "./session.js";
import { Picture } from "./thumbnail.js";
import { directionOf, nameWords, positionOf, sizeWords, STATUS_WORDS, timeWords, valueWords } from "./words.js";

interface Props {
  readonly session: Session;
  readonly photoId: string;
  readonly projectId: string | null;
  readonly onSignedOut: () => void;
}

type Found =
  { readonly photo: Photo; readonly history: readonly HistoryItem[] } | { readonly problem: string } | "loading";

export function PhotoPage({ session, photoId, projectId, onSignedOut }: Props) {
  const { found, refresh } = usePhoto(session, photoId, onSignedOut);
  const back = `#/projects/${(typeof found === "object" && "photo" in found ? found.photo.project_id : projectId) ?? ""}`;
  return (
    <article class="photo">
      <p>
        <a href={back}>← All photos</a>
      </p>
      {found === "loading" && <p role="status">Loading …</p>}
      {typeof found === "object" && "problem" in found && (
        <div role="alert">
          <h2>{found.problem === "" ? "Photo not found" : "The photo cannot be shown"}</h2>
          <p>{found.problem === "" ? "There is no such photo, or it is not yours to see." : found.problem}</p>
        </div>
      )}
      {typeof found === "object" && "photo" in found && (
        <Shown session={session} photo={found.photo} history={found.history} back={back} refresh={refresh} />
      )}
    </article>
  );
}

/** The photo and its history, read anew with each change until its status is final and it has its pictures. */
function usePhoto(session: Session, photoId: string, onSignedOut: () => void) {
  const [found, show] = useState<Found>("loading");
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const { client } = session;
    const read = async (): Promise<Photo> => {
      const [photo, history] = await Promise.all([
        client.photo(photoId, { signal }),
        client.history(photoId, { signal }),
      ]);
      show({ photo, history });
      return photo;
    };
    const follow = async (): Promise<void> => {
      const first = await read();
      if (isFinal(first.status) && first.renditions.length > 0) return;
      for await (const event of client.events(first.project_id, { signal })) {
        if (event.type === "reset" || event.photo_id === photoId) await read();
      }
    };
    follow().catch((error: unknown) => {
      if (signal.aborted) return;
      if (isSignedOut(error)) onSignedOut();
      show({ problem: isMissing(error) ? "" : wordsOf(error) });
    });
    return () => {
      controller.abort();
    };
  }, [session, photoId, onSignedOut, round]);
  const refresh = (): void => {
    setRound((before) => before + 1);
  };
  return { found, refresh };
}

/** An address with something else than an id in it leads to no photo either. */
function isMissing(error: unknown): boolean {
  return error instanceof PhotodockError && (error.status === 404 || error.status === 422);
}

interface ShownProps {
  readonly session: Session;
  readonly photo: Photo;
  readonly history: readonly HistoryItem[];
  readonly back: string;
  readonly refresh: () => void;
}

function Shown({ session, photo, history, back, refresh }: ShownProps) {
  const position = positionOf(photo);
  return (
    <>
      <div class="bar">
        <h2>{photo.file_name}</h2>
        <Badge status={photo.status} />
      </div>
      {photo.error && <p class="notice bad">{photo.error.detail ?? photo.error.code}</p>}
      <div class="columns">
        <div>
          <Large photo={photo} refresh={refresh} />
          <Actions session={session} photo={photo} back={back} refresh={refresh} />
        </div>
        <div class="facts">
          {position && (
            <section>
              <h3>Position</h3>
              <PositionMap position={position} direction={directionOf(photo)} />
            </section>
          )}
          <Results photo={photo} />
          <Facts photo={photo} />
          <section>
            <h3>History</h3>
            <ol class="history">
              {history.map((line) => (
                <li key={`${line.at}${line.to}`}>
                  <strong>{STATUS_WORDS[line.to]}</strong> <time dateTime={line.at}>{timeWords(line.at)}</time>
                  {line.reason !== null && <span class="quiet"> {nameWords(line.reason)}</span>}
                </li>
              ))}
            </ol>
          </section>
        </div>
      </div>
    </>
  );
}

function Large({ photo, refresh }: { readonly photo: Photo; readonly refresh: () => void }) {
  const tried = useRef(false);
  const preview = photo.renditions.find(({ name }) => name === "preview");
  // EXIF's orientations from 5 on lie on their side; boxes are of the upright photo.
  const turned = Number(photo.exif_data?.orientation ?? 1) >= 5;
  const [width, height] = turned ? [photo.height, photo.width] : [photo.width, photo.height];
  const boxes = boxesOf(photo.detection.results);
  const ratio = preview ? `${String(preview.width)} / ${String(preview.height)}` : "4 / 3";
  return (
    <div class="large" style={{ aspectRatio: ratio }}>
      <Picture
        photo={photo}
        rendition="preview"
        alt={photo.file_name}
        onFailure={() => {
          if (!tried.current) refresh();
          tried.current = true;
        }}
      />
      {preview && width !== null && height !== null && boxes.length > 0 && (
        <svg
          class="boxes"
          viewBox={`0 0 ${String(width)} ${String(height)}`}
          role="img"
          aria-label={`Found: ${boxes.map(({ label }) => label).join(", ")}`}
        >
          {boxes.map((box, index) => (
            <g key={index}>
              <rect x={box.x} y={box.y} width={box.width} height={box.height} />
              <text x={box.x} y={box.y - width / 150} font-size={width / 40}>
                {box.label}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

function Actions({ session, photo, back, refresh }: Omit<ShownProps, "history">) {
  const [error, setError] = useState<string | null>(null);
  const retry = async (): Promise<void> => {
    try {
      await session.client.retryDetection(photo.id);
      setError(null);
      refresh();
    } catch (failure) {
      setError(wordsOf(failure));
    }
  };
  return (
    <>
      <div class="actions">
        {photo.download_url !== null && (
          <a class="button" href={photo.download_url} download={photo.file_name} rel="noopener noreferrer">
            Download original
          </a>
        )}
        {photo.status === "failed" && photo.detection.status === "failed" && (
          <button type="button" onClick={() => void retry()}>
            Retry detection
          </button>
        )}
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

function Results({ photo }: { readonly photo: Photo }) {
  const { detection } = photo;
  const results = Object.entries(detection.results ?? {});
  return (
    <section>
      <h3>Detection</h3>
      <Table rows={results.length > 0 ? results : [["status", detection.status]]} />
      {detection.error && <p class="notice bad">{valueWords(detection.error)}</p>}
    </section>
  );
}

function Facts({ photo }: { readonly photo: Photo }) {
  const size =
    photo.width === null ? [] : [["dimensions", `${String(photo.width)} × ${String(photo.height)}`] as const];
  return (
    <>
      <section>
        <h3>File</h3>
        <Table rows={[["type", photo.mime_type], ["size", sizeWords(photo.file_size)], ...size, ["id", photo.id]]} />
      </section>
      <section>
        <h3>EXIF</h3>
        {photo.exif_data && Object.keys(photo.exif_data).length > 0 ? (
          <Table rows={Object.entries(photo.exif_data)} />
        ) : (
          <p class="quiet">The photo carries none.</p>
        )}
      </section>
    </>
  );
}

function Table({ rows }: { readonly rows: readonly (readonly [string, unknown])[] }) {
  return (
    <table>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{nameWords(name)}</th>
            <td>{valueWords(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
