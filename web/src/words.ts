import type { Photo, PhotoStatus } from "@photodock/client";

import { boxesOf } from "./detections.js";

export const STATUS_WORDS: Readonly<Record<PhotoStatus, string>> = {
  pending_upload: "Awaited",
  uploaded: "Uploaded",
  processing: "In detection",
  completed: "Completed",
  failed: "Failed",
};

export const STATUSES = Object.keys(STATUS_WORDS) as PhotoStatus[];

export function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Of the camera, or else of the app; by the clock of the place where it was taken: shown as it stands. */
export function takenAt(photo: Photo): string | null {
  const taken = text(photo.exif_data?.captured_at) ?? text(photo.client_metadata?.captured_at);
  return taken === null ? null : taken.slice(0, 16).replace("T", " ");
}

export function timeWords(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function cameraOf(photo: Photo): string | null {
  const make = text(photo.exif_data?.camera_make);
  const model = text(photo.exif_data?.camera_model);
  if (model === null) return make;
  return make === null || model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`;
}

export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Of the camera, or else what the app measured. */
export function positionOf(photo: Photo): Position | null {
  return asPosition(photo.exif_data?.gps_coordinates) ?? asPosition(photo.client_metadata);
}

/** Degrees from north, where the camera looked: as the camera wrote, or else as the app measured. */
export function directionOf(photo: Photo): number | null {
  return asDirection(photo.exif_data?.gps_coordinates) ?? asDirection(photo.client_metadata);
}

export function coordinateWords({ latitude, longitude }: Position): string {
  const north = `${Math.abs(latitude).toFixed(4)}° ${latitude < 0 ? "S" : "N"}`;
  return `${north}, ${Math.abs(longitude).toFixed(4)}° ${longitude < 0 ? "W" : "E"}`;
}

/** `camera_make` is "Camera make". */
export function nameWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Pixels, as the photo is looked at: EXIF's orientations from 5 on lie on their side. */
export function uprightSizeOf(photo: Photo): { readonly width: number; readonly height: number } | null {
  const { width, height } = photo;
  if (width === null || height === null) return null;
  return Number(photo.exif_data?.orientation ?? 1) >= 5 ? { width: height, height: width } : { width, height };
}

export type Row = readonly [name: string, value: string];

/** Facts of the camera as photographers say them, what is asked for most first. */
export function exifRows(exif: Readonly<Record<string, unknown>>): Row[] {
  const known = Object.keys(EXIF_WORDS);
  return rowsOf(exif)
    .sort(([one], [other]) => known.indexOf(one) - known.indexOf(other))
    .map(([name, value]) => {
      const say = EXIF_WORDS[name];
      return say ? [say[0], say[1](value)] : [nameWords(name), shortened(value)];
    });
}

/** What the app measured, in the same words. */
export function measuredRows(metadata: Readonly<Record<string, unknown>>): Row[] {
  const { captured_at, accuracy_m, ...position } = metadata;
  return exifRows(known({ captured_at, gps_coordinates: known({ ...position, accuracy_m }) }));
}

function known(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null && value !== undefined));
}

/** What a detector found, however deep; what it has drawn a box around by its label alone. */
export function resultRows(results: unknown): Row[] {
  return rowsOf(results).map(([name, value]) => [nameWords(name), shortened(value)]);
}

const EXIF_WORDS: Readonly<Record<string, readonly [name: string, words: (value: unknown) => string] | undefined>> = {
  camera_make: ["Camera make", shortened],
  camera_model: ["Camera model", shortened],
  lens_model: ["Lens", shortened],
  captured_at: ["Captured at", (value) => String(value).replace("T", " ")],
  captured_at_offset: ["Time zone", (value) => `UTC${String(value)}`],
  exposure_time_s: ["Exposure", exposureWords],
  f_number: ["Aperture", (value) => `f/${shortened(value)}`],
  iso: ["ISO", shortened],
  focal_length_mm: ["Focal length", (value) => `${shortened(value)} mm`],
  flash: ["Flash", (value) => (Number(value) % 2 === 1 ? "Fired" : "Did not fire")],
  orientation: ["Orientation", (value) => ORIENTATION_WORDS[Number(value)] ?? String(value)],
  "gps_coordinates latitude": ["Latitude", (value) => `${String(value)}°`],
  "gps_coordinates longitude": ["Longitude", (value) => `${String(value)}°`],
  "gps_coordinates altitude_m": ["Altitude", (value) => `${shortened(value)} m`],
  "gps_coordinates accuracy_m": ["Accuracy", (value) => `± ${shortened(value)} m`],
  "gps_coordinates direction_deg": ["Direction", (value) => directionWords(Number(value))],
  "gps_coordinates timestamp": ["Time of the position", (value) => timeWords(String(value))],
};

const ORIENTATION_WORDS: Readonly<Record<number, string | undefined>> = {
  1: "Upright",
  2: "Mirrored",
  3: "Upside down",
  4: "Upside down, mirrored",
  5: "On its side, mirrored",
  6: "On its side, top to the right",
  7: "On its side, mirrored",
  8: "On its side, top to the left",
};

function exposureWords(value: unknown): string {
  const seconds = Number(value);
  return seconds < 0.5 ? `1/${String(Math.round(1 / seconds))} s` : `${shortened(seconds)} s`;
}

const COMPASS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

export function directionWords(degrees: number): string {
  return `${degrees.toFixed(0)}°, ${COMPASS[Math.round(degrees / 45) % 8] ?? ""}`;
}

/** Each value by the way to it, as `exposure mean_luminance`. */
function rowsOf(value: unknown, way: readonly string[] = []): (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    const simple = value.every((one) => typeof one !== "object" || one === null);
    if (simple) return [[way.join(" "), value.map(shortened).join(", ") || "none"]];
    return value.flatMap((one, index) => rowsOf(one, [...way, String(index + 1)]));
  }
  if (typeof value !== "object" || value === null) return way.length > 0 ? [[way.join(" "), value]] : [];
  const [box] = "box" in value ? boxesOf(value, way.at(-1)) : [];
  if (box) return [[way.join(" "), box.label]];
  return Object.entries(value).flatMap(([name, one]) => rowsOf(one, [...way, name]));
}

function shortened(value: unknown): string {
  if (typeof value === "number") return String(Math.round(value * 10_000) / 10_000);
  return typeof value === "string" || typeof value === "boolean" ? String(value) : "–";
}

function asPosition(value: unknown): Position | null {
  const { latitude, longitude } = (value ?? {}) as Record<string, unknown>;
  return typeof latitude === "number" && typeof longitude === "number" ? { latitude, longitude } : null;
}

function asDirection(value: unknown): number | null {
  const { direction_deg } = (value ?? {}) as Record<string, unknown>;
  return typeof direction_deg === "number" ? direction_deg : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
