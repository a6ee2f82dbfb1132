import type { Photo, PhotoStatus } from "@photodock/client";

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

/** EXIF's times are of the camera's own clock: shown as they stand. */
export function takenAt(photo: Photo): string | null {
  const taken = text(photo.exif_data?.captured_at);
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

/** Degrees from north, where the camera looked. */
export function directionOf(photo: Photo): number | null {
  const position = photo.exif_data?.gps_coordinates as Record<string, unknown> | undefined;
  const direction = position?.direction_deg;
  return typeof direction === "number" ? direction : null;
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

export function valueWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.map(valueWords).join(", ");
  return Object.entries(value)
    .map(([name, one]) => `${nameWords(name)} ${valueWords(one)}`)
    .join(", ");
}

function asPosition(value: unknown): Position | null {
  const { latitude, longitude } = (value ?? {}) as Record<string, unknown>;
  return typeof latitude === "number" && typeof longitude === "number" ? { latitude, longitude } : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
