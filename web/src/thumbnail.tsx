import type { Photo } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { thumbHashToRGBA } from "thumbhash";

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
          class={loaded ? "picture shown" : "picture"}
          onLoad={() => {
            setLoaded(true);
          }}
          onError={() => onFailure?.()}
        />
      ) : (
        <span class="no-picture">{photo.status === "pending_upload" ? "Not here yet" : "No preview yet"}</span>
      )}
    </>
  );
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
