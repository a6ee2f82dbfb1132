export interface Box {
  readonly label: string;
  /** Pixels of the upright photo. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Wherever in the results something has `box: [x, y, width, height]`: detectors nest theirs as they like. */
export function boxesOf(results: unknown, label = ""): Box[] {
  if (Array.isArray(results)) return results.flatMap((one) => boxesOf(one, label));
  if (typeof results !== "object" || results === null) return [];
  const found = results as Record<string, unknown>;
  const box = found.box;
  if (Array.isArray(box) && box.length === 4 && box.every((one) => typeof one === "number" && Number.isFinite(one))) {
    const [x, y, width, height] = box as [number, number, number, number];
    return [{ label: labelOf(found, label), x, y, width, height }];
  }
  return Object.entries(found).flatMap(([name, one]) => boxesOf(one, name));
}

function labelOf(found: Readonly<Record<string, unknown>>, otherwise: string): string {
  const label = typeof found.label === "string" ? found.label : otherwise;
  return typeof found.score === "number" ? `${label} ${(100 * found.score).toFixed(0)} %` : label;
}
