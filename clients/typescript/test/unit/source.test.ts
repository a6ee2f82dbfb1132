import { afterEach, expect, test, vi } from "vitest";

import { webCryptoHasher } from "../../src/hash.js";
import { randomId } from "../../src/ids.js";
import { describePhoto, type PhotoNames, type PhotoSource } from "../../src/source.js";

const bytes = new Uint8Array(3);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

afterEach(() => vi.unstubAllGlobals());

test.each<[PhotoSource, PhotoNames, string, string]>([
  [new File([bytes], "roof.png", { type: "image/png" }), {}, "roof.png", "image/png"],
  [new File([bytes], "ROOF.JPG"), {}, "ROOF.JPG", "image/jpeg"],
  [new File([bytes], "roof.heic"), {}, "roof.heic", "image/heic"],
  [new File([bytes], "roof.webp"), {}, "roof.webp", "application/octet-stream"],
  [new Blob([bytes], { type: "image/png" }), {}, "photo.png", "image/png"],
  [new Blob([bytes]), {}, "photo.jpg", "image/jpeg"],
  [bytes, {}, "photo.jpg", "image/jpeg"],
  [bytes, { fileName: "a.png" }, "a.png", "image/png"],
  [bytes, { fileName: "a", mimeType: "image/png" }, "a", "image/png"],
  [{ uri: "file:///cache/IMG%200001.jpg?x", size: 3 }, {}, "IMG 0001.jpg", "image/jpeg"],
  [{ uri: "content://media/100%", size: 3, type: "image/png" }, {}, "100%", "image/png"],
  [{ uri: "file:///a.jpg", size: 3, name: "b.png" }, {}, "b.png", "image/png"],
])("a photo is described by what is known of it (%#)", (source, names, fileName, mimeType) => {
  expect(describePhoto(source, names)).toMatchObject({ fileName, mimeType, fileSize: 3 });
});

test("WebCrypto's SHA-256 is base64, as the API wants it", async () => {
  const abc = new TextEncoder().encode("abc");
  expect(await webCryptoHasher(abc)).toBe("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
});

test("where WebCrypto is missing or has no digest there is no hash", async () => {
  vi.stubGlobal("crypto", {});
  expect(await webCryptoHasher(bytes)).toBeNull();
  vi.stubGlobal("crypto", undefined);
  expect(await webCryptoHasher(bytes)).toBeNull();
});

test("ids are random UUIDs, whatever the platform has", () => {
  const ids = [randomId(), randomId()];
  const real = crypto;
  vi.stubGlobal("crypto", { getRandomValues: (into: Uint8Array<ArrayBuffer>) => real.getRandomValues(into) });
  ids.push(randomId(), randomId());
  vi.stubGlobal("crypto", undefined);
  ids.push(randomId(), randomId());
  for (const id of ids) expect(id).toMatch(UUID);
  expect(new Set(ids).size).toBe(ids.length);
});
