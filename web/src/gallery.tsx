import type { Photo, PhotoStatus } from "@photodock/client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { useSnapshot } from "./hooks.js";
import { Library } from "./library.js";
import type { Session } from "./session.js";
import { Picture } from "./thumbnail.js";
import { cameraOf, coordinateWords, positionOf, STATUS_WORDS, STATUSES, takenAt } from "./words.js";
import { windowOf } from "./window.js";

interface Props {
  readonly session: Session;
  readonly projectId: string;
  readonly onSignedOut: () => void;
}

export function Gallery({ session, projectId, onSignedOut }: Props) {
  const [status, setStatus] = useState<PhotoStatus | null>(null);
  const library = useMemo(
    () => new Library(session.client, projectId, status, onSignedOut),
    [session, projectId, status, onSignedOut],
  );
  useEffect(() => {
    library.start();
    return () => {
      library.stop();
    };
  }, [library]);
  const { photos, loading, complete, error } = useSnapshot(library);
  return (
    <section class="gallery" aria-labelledby="gallery-title">
      <div class="bar">
        <h2 id="gallery-title">Photos</h2>
        <label class="filter">
          <span>Status</span>
          <select
            value={status ?? ""}
            onChange={({ currentTarget }) => {
              setStatus((currentTarget.value || null) as PhotoStatus | null);
            }}
          >
            <option value="">All</option>
            {STATUSES.map((one) => (
              <option key={one} value={one}>
                {STATUS_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {error !== null && (
        <p class="notice bad" role="alert">
          {error}{" "}
          <button type="button" class="plain" onClick={() => void library.more()}>
            Try again
          </button>
        </p>
      )}
      <Grid photos={photos} library={library} />
      <p class="quiet" role="status">
        {loading && "Loading …"}
        {!loading &&
          complete &&
          photos.length === 0 &&
          (status ? "No photo has this status." : "No photos yet. Add the first ones above.")}
        {!loading && complete && photos.length > 0 && countWords(photos.length)}
      </p>
    </section>
  );
}

function countWords(count: number): string {
  return count === 1 ? "1 photo" : `${count.toLocaleString()} photos`;
}

const GAP = 12;
const CAPTION = 76;
/** Rows above and below the screen that are there already. */
const OVERSCAN = 3;

/** Only the rows near the screen are in the document, however many photos there are. */
function Grid({ photos, library }: { readonly photos: readonly Photo[]; readonly library: Library }) {
  const list = useRef<HTMLUListElement>(null);
  const [view, setView] = useState({ width: 0, top: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = list.current?.getBoundingClientRect();
      if (box) setView({ width: box.width, top: Math.max(0, -box.top), height: innerHeight });
    };
    measure();
    addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    if (list.current) observer.observe(list.current);
    return () => {
      removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, []);
  const columns = Math.max(2, Math.floor((view.width + GAP) / (200 + GAP)));
  const tile = (view.width - GAP * (columns - 1)) / columns;
  const rowHeight = Math.round(tile * 0.75) + CAPTION + GAP;
  const { first, last, rows } = windowOf(photos.length, columns, rowHeight, view.top, view.height, OVERSCAN);
  useEffect(() => {
    if (last >= photos.length) void library.more();
  }, [last, photos.length, library]);
  const shown = view.width > 0 ? photos.slice(first, last) : [];
  return (
    <ul ref={list} class="grid" style={{ height: `${String(rows * rowHeight)}px` }}>
      {shown.map((photo, index) => {
        const place = first + index;
        const x = (place % columns) * (tile + GAP);
        const y = Math.floor(place / columns) * rowHeight;
        const style = { width: `${String(tile)}px`, transform: `translate(${String(x)}px, ${String(y)}px)` };
        return (
          <Tile key={photo.id} photo={photo} style={style} place={place + 1} count={photos.length} library={library} />
        );
      })}
    </ul>
  );
}

interface TileProps {
  readonly photo: Photo;
  readonly style: Readonly<Record<string, string>>;
  readonly place: number;
  readonly count: number;
  readonly library: Library;
}

function Tile({ photo, style, place, count, library }: TileProps) {
  const position = positionOf(photo);
  const facts = [cameraOf(photo), takenAt(photo), position && coordinateWords(position)].filter(Boolean);
  const tried = useRef(false);
  return (
    <li
      class="tile"
      style={style}
      aria-posinset={place}
      aria-setsize={count}
      data-photo={photo.id}
      data-status={photo.status}
    >
      <a href={`#/photos/${photo.id}`}>
        <span class="frame">
          <Picture
            photo={photo}
            rendition="thumbnail"
            alt=""
            onFailure={() => {
              if (!tried.current) library.refresh(photo.id);
              tried.current = true;
            }}
          />
          <Badge status={photo.status} />
        </span>
        <span class="caption">
          <strong>{photo.file_name}</strong>
          <span>{facts[0] ?? "No camera data"}</span>
          <span>{facts.slice(1).join(" · ") || " "}</span>
        </span>
      </a>
    </li>
  );
}

export function Badge({ status }: { readonly status: PhotoStatus }) {
  return <span class={`badge ${status}`}>{STATUS_WORDS[status]}</span>;
}
