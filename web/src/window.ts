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
