import { useEffect, useState } from "preact/hooks";

import { coordinateWords, type Position } from "./words.js";

interface Props {
  readonly position: Position;
  /** Degrees from north. */
  readonly direction: number | null;
}

/** Where on earth: drawn from data of the page's own. A link leads to who has streets. */
export function PositionMap({ position, direction }: Props) {
  const [land, setLand] = useState("");
  useEffect(() => {
    let shown = true;
    // A file of its own: most visits need no map.
    void import("./land.js").then(({ landPath }) => {
      if (shown) setLand(landPath());
    });
    return () => {
      shown = false;
    };
  }, []);
  const { latitude, longitude } = position;
  const x = longitude + 180;
  const y = 90 - latitude;
  const words = coordinateWords(position);
  const place = `${String(latitude)}&mlon=${String(longitude)}#map=17/${String(latitude)}/${String(longitude)}`;
  return (
    <div class="place">
      <svg viewBox="0 0 360 180" role="img" aria-label={`A map of the world with ${words}`}>
        <path class="land" d={land} />
        <path class="cross" d={`M${String(x)} 0V180M0 ${String(y)}H360`} />
        <circle class="spot" cx={x} cy={y} r="4" />
      </svg>
      <p>
        {direction !== null && (
          <svg
            class="arrow"
            viewBox="-12 -12 24 24"
            role="img"
            aria-label={`Camera looked to ${direction.toFixed(0)} degrees from north`}
          >
            <circle r="11" />
            <path d="M0-8 5 6 0 3-5 6Z" transform={`rotate(${String(direction)})`} />
          </svg>
        )}
        <span>
          {words}
          {direction !== null && `, looking ${direction.toFixed(0)}°`}
          <br />
          <a href={`https://www.openstreetmap.org/?mlat=${place}`} target="_blank" rel="noopener noreferrer">
            Open in OpenStreetMap
          </a>
        </span>
      </p>
    </div>
  );
}
