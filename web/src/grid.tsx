import type { Photo } from "@photodock/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { useHeld } from "./held.js";
import type { Library } from "./library.js";
import { Tile } from "./tile.js";
import { placeAfter, windowOf } from "./window.js";

interface Props {
  /** Newest first. */
  readonly photos: readonly Photo[];
  readonly library: Library;
  readonly loading: boolean;
  readonly hidden: boolean;
  readonly opened: string | null;
}

const GAP = 12;
/** Four lines below each picture, some of which may be empty. */
const CAPTION = 92;
const NARROWEST_TILE = 200;
/** Rows above and below the screen that are there already. */
const OVERSCAN = 3;
/** The next page is asked for when so many photos are left. */
const AHEAD = 60;
/** Pixels that may be scrolled before anything is drawn anew: far less than the rows that are there already. */
const SCROLL_STEP = 150;

/**
 * Only the rows near the screen are in the document, however many photos there are. One of them is in the tab order;
 * from there arrow keys lead to the others, and it stays in the document wherever one scrolls.
 */
export function Grid({ photos: all, library, loading, hidden, opened }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const view = useView(list, hidden);
  const { shown: photos, held } = useHeld(all, view.top > 0);
  const columns = Math.max(2, Math.floor((view.width + GAP) / (NARROWEST_TILE + GAP)));
  const tile = (view.width - GAP * (columns - 1)) / columns;
  const rowHeight = Math.round(tile * 0.75) + CAPTION + GAP;
  const { first, last, rows } = windowOf(photos.length, columns, rowHeight, view.top, view.height, OVERSCAN);
  const [chosen, choose] = useState<Chosen | null>(null);
  const active = Math.max(0, chosen ? photos.findIndex(({ id }) => id === chosen.id) : 0);
  useFocus(list, chosen);
  useReturn(hidden, () => {
    if (opened !== null && photos.some(({ id }) => id === opened)) choose({ id: opened, focused: true });
  });
  useEffect(() => {
    if (last + AHEAD >= photos.length) void library.more();
  }, [last, photos.length, loading, library]);
  const move = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const screen = columns * Math.max(1, Math.floor(view.height / rowHeight));
    const photo = photos[placeAfter(event.key, active, photos.length, columns, screen) ?? -1];
    if (!photo) return;
    event.preventDefault();
    choose({ id: photo.id, focused: true });
  };
  const shown = view.width === 0 ? [] : placesOf(first, last, photos.length > 0 ? active : undefined);
  return (
    <>
      {held > 0 && !hidden && (
        <button type="button" class="held primary" onClick={() => list.current?.scrollIntoView()}>
          ↑ {held === 1 ? "1 new photo" : `${held.toLocaleString("en")} new photos`}
        </button>
      )}
      <ul
        ref={list}
        class="grid"
        style={{ height: `${String(rows * rowHeight)}px` }}
        aria-describedby="grid-help"
        onKeyDown={move}
      >
        <li id="grid-help" hidden>
          Arrow keys lead from photo to photo.
        </li>
        {shown.map((place) => {
          const photo = photos[place];
          const x = (place % columns) * (tile + GAP);
          const y = Math.floor(place / columns) * rowHeight;
          return (
            photo && (
              <Tile
                key={photo.id}
                photo={photo}
                width={tile}
                x={x}
                y={y}
                place={place + 1}
                count={photos.length}
                active={place === active}
                onFocus={choose}
                library={library}
              />
            )
          );
        })}
      </ul>
    </>
  );
}

/** `focused`: by a key, and so it has to get the focus. */
export interface Chosen {
  readonly id: string;
  readonly focused: boolean;
}

function placesOf(first: number, last: number, active: number | undefined): number[] {
  const places = Array.from({ length: last - first }, (_, index) => first + index);
  if (active !== undefined && active < first) places.unshift(active);
  if (active !== undefined && active >= last) places.push(active);
  return places;
}

/** How wide the list is, and what of it the screen shows. While it is hidden, what it was. */
function useView(list: { readonly current: HTMLUListElement | null }, hidden: boolean) {
  const [view, setView] = useState({ width: 0, top: 0, height: 0 });
  useLayoutEffect(() => {
    if (hidden) return;
    const measure = (): void => {
      const box = list.current?.getBoundingClientRect();
      if (!box || box.width === 0) return;
      const top = Math.floor(Math.max(0, -box.top) / SCROLL_STEP) * SCROLL_STEP;
      const height = innerHeight + SCROLL_STEP;
      setView((old) =>
        old.width === box.width && old.top === top && old.height === height ? old : { width: box.width, top, height },
      );
    };
    measure();
    addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    const observer = new ResizeObserver(measure);
    if (list.current) observer.observe(list.current);
    return () => {
      removeEventListener("scroll", measure);
      removeEventListener("resize", measure);
      observer.disconnect();
    };
  }, [list, hidden]);
  return view;
}

function useFocus(list: { readonly current: HTMLUListElement | null }, chosen: Chosen | null): void {
  useLayoutEffect(() => {
    if (!chosen?.focused) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-photo="${CSS.escape(chosen.id)}"] a`);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "nearest" });
  }, [list, chosen]);
}

/** Where it was scrolled to when it was hidden, it is when it is shown again. */
function useReturn(hidden: boolean, returned: () => void): void {
  const scrolled = useRef(0);
  const wasHidden = useRef(hidden);
  useLayoutEffect(() => {
    if (wasHidden.current && !hidden) {
      scrollTo(0, scrolled.current);
      returned();
    }
    wasHidden.current = hidden;
  }, [hidden]);
  useEffect(() => {
    if (hidden) return;
    const keep = (): void => {
      // Once it is hidden the document is shorter, and so the browser scrolls by itself.
      if (!wasHidden.current) scrolled.current = scrollY;
    };
    addEventListener("scroll", keep, { passive: true });
    return () => {
      removeEventListener("scroll", keep);
    };
  }, [hidden]);
}
