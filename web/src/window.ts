/** Which items of a grid are near the screen. `top`: how much of the grid is above the screen; heights in pixels. */
export function windowOf(
  count: number,
  columns: number,
  rowHeight: number,
  top: number,
  height: number,
  overscan: number,
): { readonly first: number; readonly last: number; readonly rows: number } {
  const rows = Math.ceil(count / columns);
  const above = Math.min(Math.max(0, Math.floor(top / rowHeight) - overscan), rows);
  const below = Math.min(rows, Math.ceil((top + height) / rowHeight) + overscan);
  return { first: above * columns, last: Math.min(count, below * columns), rows };
}

/** Where a key leads from a place in the grid; undefined: nowhere. `screen`: how many a screen shows. */
export function placeAfter(
  key: string,
  place: number,
  count: number,
  columns: number,
  screen: number,
): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: screen,
    PageUp: -screen,
    Home: -place,
    End: count - 1 - place,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  return Math.min(Math.max(place + step, 0), count - 1);
}
