import type { Photo, PhotoStatus } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { thumbHashToRGBA } from "thumbhash";

import { STATUS_WORDS } from "./words.js";

interface Props {
  readonly photo: Photo;
  readonly rendition: "thumbnail" | "preview";
  readonly alt: string;
  /** The picture's address has ended, most likely. */
  readonly onFailure?: () => void;
}

/** The photo's picture over its placeholder, which is drawn at once. */
export function Picture({ photo, rendition, alt, onFailure }: Props) {
  const found = photo.renditions.find(({ name }) => name === rendition);
  const [loaded, setLoaded] = useState(false);
  return (
    <>
      <Placeholder hash={photo.thumbhash} />
      {found ? (
        <img
          src={found.url}
          width={found.width}
          height={found.height}
          alt={alt}
          decoding="async"
          // Dragged and let go, it would be a file that is dropped here.
          draggable={false}
          class={loaded ? "picture shown" : "picture"}
          onLoad={() => {
            setLoaded(true);
          }}
          onError={() => onFailure?.()}
        />
      ) : (
        <span class="no-picture">{missingWords(photo)}</span>
      )}
    </>
  );
}

/** Later than this after its upload no preview comes any more, but after an outage. */
const SOON_MS = 120_000;

function missingWords({ status, uploaded_at }: Photo): string {
  if (status === "pending_upload" || uploaded_at === null) return "Not here yet";
  const isSoon = status !== "failed" && Date.now() - Date.parse(uploaded_at) < SOON_MS;
  return isSoon ? "Preview to come" : "No preview";
}

function Placeholder({ hash }: { readonly hash: string | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (hash !== null && canvas.current) draw(canvas.current, hash);
  }, [hash]);
  return hash === null ? null : <canvas ref={canvas} class="placeholder" aria-hidden="true" />;
}

function draw(canvas: HTMLCanvasElement, hash: string): void {
  try {
    const bytes = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));
    const { w, h, rgba } = thumbHashToRGBA(bytes);
    canvas.width = w;
    canvas.height = h;
    canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
  } catch {
    // A hash that cannot be read leaves the plain ground.
  }
}

export function Badge({ status }: { readonly status: PhotoStatus }) {
  return <span class={`badge ${status}`}>{STATUS_WORDS[status]}</span>;
}
