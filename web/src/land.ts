import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import world from "world-atlas/land-110m.json";

/** The continents as an SVG path, one unit a degree, from 180° W 90° N. */
export function landPath(): string {
  const topology = world as unknown as Topology<{ land: GeometryCollection }>;
  return feature(topology, topology.objects.land)
    .features.flatMap(({ geometry }) => {
      if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
      return geometry.type === "Polygon" ? geometry.coordinates : [];
    })
    .map((ring) => `M${ring.map(point).join("L")}Z`)
    .join("");
}

function point([longitude = 0, latitude = 0]: readonly number[]): string {
  return `${(longitude + 180).toFixed(1)} ${(90 - latitude).toFixed(1)}`;
}
