import { afterEach, expect, test, vi } from "vitest";

import { PhotodockClient, type Transport } from "../../src/index.js";
import { measuredMetadata, pickedMetadata, pickedPhoto } from "../../src/react-native/index.js";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const COORDS = { latitude: 52.5163, longitude: 13.3777, accuracy: 8 };

test.each([
  ["Europe/Berlin", "2026-11-22T10:30:00.250+01:00"],
  ["America/St_Johns", "2026-11-22T06:00:00.250-03:30"],
  ["UTC", "2026-11-22T09:30:00.250+00:00"],
])("the time of capture keeps the offset of the device (%s)", (zone, expected) => {
  vi.stubEnv("TZ", zone);
  const capturedAt = new Date("2026-11-22T09:30:00.250Z");
  expect(measuredMetadata({ capturedAt })).toEqual({ captured_at: expected });
});

test("position and direction are those of the camera", () => {
  expect(measuredMetadata({ location: { coords: COORDS }, heading: { trueHeading: 271.5 } })).toEqual({
    ...{ latitude: 52.5163, longitude: 13.3777, accuracy_m: 8, direction_deg: 271.5 },
  });
});

test("what the device does not know is left out", () => {
  expect(measuredMetadata({})).toEqual({});
  expect(measuredMetadata({ location: null, heading: { trueHeading: -1 } })).toEqual({});
  const coords = { latitude: 52.5163, longitude: 200, accuracy: -1 };
  expect(measuredMetadata({ location: { coords } })).toEqual({});
  expect(measuredMetadata({ location: { coords: { ...COORDS, accuracy: null } } })).toEqual({
    ...{ latitude: 52.5163, longitude: 13.3777 },
  });
});

test("a picked photo's position is read as iOS and as Android write it", () => {
  const expected = { latitude: -33.8568, longitude: -70.5, accuracy_m: 5, direction_deg: 90 };
  const common = { GPSHPositioningError: 5, GPSImgDirection: 90 };
  const ios = { GPSLatitude: 33.8568, GPSLatitudeRef: "S", GPSLongitude: 70.5, GPSLongitudeRef: "W" };
  const android = { GPSLatitude: -33.8568, GPSLatitudeRef: "S", GPSLongitude: -70.5, GPSLongitudeRef: "W" };
  expect(pickedMetadata({ ...common, ...ios })).toEqual(expected);
  expect(pickedMetadata({ ...common, ...android })).toEqual(expected);
  expect(pickedMetadata({ GPSLatitude: 52.5, GPSLatitudeRef: "N", GPSLongitude: 13, GPSLongitudeRef: "E" })).toEqual({
    ...{ latitude: 52.5, longitude: 13 },
  });
});

test("a direction from magnetic north is none from true north", () => {
  expect(pickedMetadata({ GPSImgDirection: 90, GPSImgDirectionRef: "M" })).toEqual({});
});

test("a picked photo's time counts with its offset", () => {
  const time = { DateTimeOriginal: "2025:11:17 10:30:00" };
  expect(pickedMetadata({ ...time, OffsetTimeOriginal: "+01:00" })).toEqual({
    captured_at: "2025-11-17T10:30:00+01:00",
  });
  expect(pickedMetadata(time)).toEqual({});
  expect(pickedMetadata({ DateTimeOriginal: "0000:00:00 00:00:00", OffsetTimeOriginal: "+01:00" })).toEqual({});
  expect(pickedMetadata(null)).toEqual({});
});

test("a file URI gets the time that its size asks for: its bytes are told of long before they have left", async () => {
  vi.useFakeTimers();
  const size = 3_000_000;
  let stored = false;
  const send: Transport["send"] = async ({ onProgress }) => {
    onProgress?.(size, size);
    await new Promise((resolve) => setTimeout(resolve, 700_000));
    stored = true;
    return { status: 200, headers: {}, body: "" };
  };
  const answer = { id: "f1", photo_id: "f1", status: "uploaded", upload_url: "/", method: "PUT", headers: {} };
  const missing = { status: 409, code: "upload_not_found", detail: "Nothing is there." };
  const fetch = (url: unknown): Promise<Response> => {
    const tooEarly = String(url).endsWith("/status") && !stored;
    return Promise.resolve(new Response(JSON.stringify(tooEarly ? missing : answer), { status: tooEarly ? 409 : 200 }));
  };
  const client = new PhotodockClient({
    ...{ baseUrl: "https://photos.example.com", token: () => "a-token", hash: null, retries: { attempts: 1 } },
    ...{ transport: { reportsProgress: true, send }, fetch },
  });
  const sent = client.upload({ uri: "file:///a.jpg", size }, { projectId: "p1", until: "uploaded" });
  await Promise.all([expect(sent).resolves.toMatchObject({ id: "f1" }), vi.advanceTimersByTimeAsync(800_000)]);
});

test("a picked photo is measured where it lies", async () => {
  const getInfoAsync = (uri: string): Promise<{ exists: boolean; size?: number }> =>
    Promise.resolve(uri.endsWith("gone.jpg") ? { exists: false } : { exists: true, size: 4_321 });
  const picked = { uri: "file:///cache/a.jpg", fileName: null, mimeType: "image/jpeg" };
  expect(await pickedPhoto({ getInfoAsync }, picked)).toMatchObject({
    uri: picked.uri,
    size: 4_321,
    type: "image/jpeg",
  });
  const gone = pickedPhoto({ getInfoAsync }, { uri: "file:///gone.jpg" });
  await expect(gone).rejects.toMatchObject({ code: "file_missing" });
});
