import { useEffect, useState } from "preact/hooks";

import type { World } from "./land.js";
import { coordinateWords, directionWords, type Position } from "./words.js";

interface Props {
  readonly position: Position;
  /** Degrees from north. */
  readonly direction: number | null;
}

/** Degrees of latitude from the upper to the lower edge: a few countries, so that one sees where on earth it is. */
const SPAN = 24;
const WIDE = 2;
/** Near the poles a degree of longitude is next to nothing, and would be drawn as such. */
const NARROWEST = 0.2;

/** Where on earth: drawn from data of the page's own. A link leads to who has streets. */
export function PositionMap({ position, direction }: Props) {
  const world = useWorld();
  const { latitude, longitude } = position;
  // As wide, against its height, as the land is there.
  const narrow = Math.max(NARROWEST, Math.cos((latitude * Math.PI) / 180));
  const x = (longitude + 180) * narrow;
  const y = 90 - latitude;
  const view = [x - (SPAN * WIDE) / 2, y - SPAN / 2, SPAN * WIDE, SPAN];
  const words = coordinateWords(position);
  const looking = direction === null ? "" : directionWords(direction);
  const place = `${String(latitude)}&mlon=${String(longitude)}#map=17/${String(latitude)}/${String(longitude)}`;
  return (
    <div class="place">
      <svg
        class="map"
        viewBox={view.map((one) => one.toFixed(3)).join(" ")}
        role="img"
        aria-label={`A map around ${words}`}
      >
        {/* Once more to the left and to the right, for what lies near the date line. */}
        {world &&
          [-360, 0, 360].map((turn) => (
            <g key={turn} transform={`scale(${String(narrow)} 1) translate(${String(turn)} 0)`}>
              <path class="land" d={world.land} />
              <path class="border" d={world.borders} />
            </g>
          ))}
        <g transform={`translate(${String(x)} ${String(y)})`}>
          {direction !== null && (
            <path class="beam" d="M0 0-2.6-7A7.5 7.5 0 0 1 2.6-7Z" transform={turned(direction)} />
          )}
          <circle class="spot" r="0.9" />
        </g>
      </svg>
      <div class="where">
        {direction !== null && (
          <svg class="arrow" viewBox="-12 -12 24 24" role="img" aria-label={`The camera looked to ${looking}`}>
            <circle r="11" />
            <path d="M0-8 5 6 0 3-5 6Z" transform={turned(direction)} />
          </svg>
        )}
        <p>
          {words}
          {direction !== null && (
            <>
              <br />
              Looking {looking}
            </>
          )}
        </p>
      </div>
      <a class="out" href={`https://www.openstreetmap.org/?mlat=${place}`} target="_blank" rel="noopener noreferrer">
        Open in OpenStreetMap
      </a>
    </div>
  );
}

function turned(degrees: number): string {
  return `rotate(${String(degrees)})`;
}

/** A file of its own: most visits need no map. */
function useWorld(): World | null {
  const [world, setWorld] = useState<World | null>(null);
  useEffect(() => {
    let shown = true;
    import("./land.js").then(
      ({ worldPaths }) => {
        if (shown) setWorld(worldPaths());
      },
      // Without a network, or of a release that is gone: the place is said in words, and marked on an empty ground.
      () => undefined,
    );
    return () => {
      shown = false;
    };
  }, []);
  return world;
}
