import type { ClientMetadata } from "../models.js";

/** A position as expo-location tells it. */
export interface MeasuredLocation {
  readonly coords: {
    readonly latitude: number;
    readonly longitude: number;
    /** Metres. */
    readonly accuracy: number | null;
  };
}

/** Where the camera pointed, as expo-location's compass tells it. -1: unknown. */
export interface MeasuredHeading {
  readonly trueHeading: number;
}

export interface Measured {
  /** When the photo was taken, not when it was picked. */
  readonly capturedAt?: Date | undefined;
  readonly location?: MeasuredLocation | null | undefined;
  readonly heading?: MeasuredHeading | null | undefined;
}

/**
 * What the app itself measured when the photo was taken, as `clientMetadata`. Cameras of apps and photo pickers leave the
 * position out of the EXIF data. Values that are out of range, as those that mean "unknown", are left out.
 */
export function measuredMetadata({ capturedAt, location, heading }: Measured): ClientMetadata {
  return {
    ...(capturedAt && { captured_at: rfc3339(capturedAt) }),
    ...position(location?.coords.latitude, location?.coords.longitude),
    ...(location && within(location.coords.accuracy, 0, Infinity, "accuracy_m")),
    ...within(heading?.trueHeading, 0, 360, "direction_deg"),
  };
}

/**
 * The same out of the EXIF data that expo-image-picker gives with `exif: true`. iOS tells a position's size and its
 * hemisphere (`GPSLatitudeRef`), Android signed degrees. The time counts only with its offset, `OffsetTimeOriginal`.
 */
export function pickedMetadata(exif: Readonly<Record<string, unknown>> | null | undefined): ClientMetadata {
  const { DateTimeOriginal, OffsetTimeOriginal, GPSLatitude, GPSLatitudeRef, GPSLongitude, GPSLongitudeRef } =
    exif ?? {};
  const { GPSHPositioningError, GPSImgDirection, GPSImgDirectionRef } = exif ?? {};
  return {
    ...capture(DateTimeOriginal, OffsetTimeOriginal),
    ...position(signed(GPSLatitude, GPSLatitudeRef === "S"), signed(GPSLongitude, GPSLongitudeRef === "W")),
    ...within(GPSHPositioningError, 0, Infinity, "accuracy_m"),
    ...(GPSImgDirectionRef !== "M" && within(GPSImgDirection, 0, 360, "direction_deg")),
  };
}

function position(latitude: unknown, longitude: unknown): ClientMetadata {
  const found = { ...within(latitude, -90, 90, "latitude"), ...within(longitude, -180, 180, "longitude") };
  return "latitude" in found && "longitude" in found ? found : {};
}

function within(value: unknown, lowest: number, highest: number, name: keyof ClientMetadata): ClientMetadata {
  const good = typeof value === "number" && Number.isFinite(value) && value >= lowest && value <= highest;
  return good ? { [name]: value } : {};
}

function signed(degrees: unknown, negative: boolean): unknown {
  return negative && typeof degrees === "number" ? -Math.abs(degrees) : degrees;
}

/** `2025:11:17 10:30:00` and `+01:00`. */
function capture(time: unknown, offset: unknown): ClientMetadata {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(String(time));
  if (!parts || !/^[+-]\d\d:\d\d$/.test(String(offset))) return {};
  const text = `${parts.slice(1, 4).join("-")}T${String(parts[4])}${String(offset)}`;
  return Number.isNaN(Date.parse(text)) ? {} : { captured_at: text };
}

/** With the offset of this device: what the clock on the wall said is a fact too. */
function rfc3339(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${local}${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
