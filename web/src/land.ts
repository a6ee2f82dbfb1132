import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import world from "world-atlas/countries-110m.json";

export interface World {
  readonly land: string;
  readonly borders: string;
}

/** The continents and the borders as SVG paths, one unit a degree, from 180° W 90° N. */
export function worldPaths(): World {
  const topology = world as unknown as Topology<{ land: GeometryCollection; countries: GeometryCollection }>;
  const rings = feature(topology, topology.objects.land).features.flatMap(({ geometry }) => {
    if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
    return geometry.type === "Polygon" ? geometry.coordinates : [];
  });
  const lines = mesh(topology, topology.objects.countries, (one, other) => one !== other).coordinates;
  return {
    land: rings.map((ring) => `${line(ring)}Z`).join(""),
    borders: lines.map(line).join(""),
  };
}

function line(points: readonly (readonly number[])[]): string {
  return `M${points.map(point).join("L")}`;
}

function point([longitude = 0, latitude = 0]: readonly number[]): string {
  return `${(longitude + 180).toFixed(2)} ${(90 - latitude).toFixed(2)}`;
}
