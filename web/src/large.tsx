import type { Photo } from "@photodock/client";
import { useRef } from "preact/hooks";

import { boxesOf, type Box } from "./detections.js";
import { Picture } from "./thumbnail.js";
import { uprightSizeOf } from "./words.js";

/** The preview, and what was detected drawn over it. */
export function Large({ photo, refresh }: { readonly photo: Photo; readonly refresh: () => void }) {
  const tried = useRef(false);
  const preview = photo.renditions.find(({ name }) => name === "preview");
  const size = uprightSizeOf(photo);
  const boxes = boxesOf(photo.detection.results);
  const ratio = preview ? preview.width / preview.height : 4 / 3;
  return (
    // Never higher than the screen; the boxes' ground has the same proportions, so that they fit.
    <div class="large" style={{ aspectRatio: String(ratio), maxWidth: `${String(Math.round(80 * ratio))}vh` }}>
      <Picture
        photo={photo}
        rendition="preview"
        alt={photo.file_name}
        onFailure={() => {
          if (!tried.current) refresh();
          tried.current = true;
        }}
      />
      {preview && size && boxes.length > 0 && <Boxes boxes={boxes} width={size.width} height={size.height} />}
    </div>
  );
}

interface BoxesProps {
  readonly boxes: readonly Box[];
  /** Pixels of the upright photo. */
  readonly width: number;
  readonly height: number;
}

function Boxes({ boxes, width, height }: BoxesProps) {
  const share = (part: number, whole: number): string => `${String((100 * part) / whole)}%`;
  return (
    <>
      <svg
        class="boxes"
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        role="img"
        aria-label={`Found: ${boxes.map(({ label }) => label).join(", ")}`}
      >
        {boxes.map((box, index) => (
          <rect key={index} x={box.x} y={box.y} width={box.width} height={box.height} />
        ))}
      </svg>
      {/* Not in the drawing, where letters would shrink with the photo. */}
      {boxes.map((box, index) => (
        <span
          key={index}
          class={box.y < height / 10 ? "label inside" : "label"}
          style={{
            top: share(box.y, height),
            // At the box's left edge, or in the right half at its right edge: there it has room.
            ...(box.x > width / 2 ? { right: share(width - box.x - box.width, width) } : { left: share(box.x, width) }),
          }}
          aria-hidden="true"
        >
          {box.label}
        </span>
      ))}
    </>
  );
}
