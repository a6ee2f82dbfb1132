import { useEffect } from "preact/hooks";

import { useSnapshot, useWindowEvent } from "./hooks.js";
import type { Library } from "./library.js";

interface Props {
  readonly library: Library;
  readonly photoId: string;
  readonly back: string;
}

/** More photos are asked for when so few are left. */
const AHEAD = 10;

/** The photos beside this one in the gallery; arrow keys lead there too, and Escape back. */
export function Neighbours({ library, photoId, back }: Props) {
  const { photos } = useSnapshot(library);
  const place = photos.findIndex(({ id }) => id === photoId);
  const before = place > 0 ? photos[place - 1] : undefined;
  const after = place >= 0 ? photos[place + 1] : undefined;
  useEffect(() => {
    if (place + AHEAD >= photos.length) void library.more();
  }, [place, photos.length, library]);
  useWindowEvent("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // A menu and a question have keys of their own.
    if (document.querySelector("dialog[open]") || (event.target as Element).closest("select, input")) return;
    const leads: Readonly<Record<string, string | undefined>> = {
      Escape: back,
      ArrowLeft: before && `#/photos/${before.id}`,
      ArrowRight: after && `#/photos/${after.id}`,
    };
    const to = leads[event.key];
    if (to === undefined) return;
    event.preventDefault();
    location.hash = to;
  });
  if (place < 0 || photos.length === 1) return null;
  return (
    <div class="neighbours">
      <Neighbour id={before?.id} label="Newer photo" sign="‹" />
      <span class="quiet">
        {(place + 1).toLocaleString("en")} of {photos.length.toLocaleString("en")}
      </span>
      <Neighbour id={after?.id} label="Older photo" sign="›" />
    </div>
  );
}

function Neighbour({
  id,
  label,
  sign,
}: {
  readonly id: string | undefined;
  readonly label: string;
  readonly sign: string;
}) {
  if (id === undefined)
    return (
      <span class="button step" aria-hidden="true">
        {sign}
      </span>
    );
  return (
    <a class="button step" href={`#/photos/${id}`} aria-label={label} title={label}>
      {sign}
    </a>
  );
}
