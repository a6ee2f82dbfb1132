import { Buffer } from "node:buffer";
import { deflateSync, crc32 } from "node:zlib";

/**
 * A real PNG of one colour, no two alike in their bytes, and `size` bytes long: what is missing stands in a text chunk.
 * The service takes in 1,024 bytes and more.
 */
export function png(size = 2_048): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(64, 0);
  header.writeUInt32BE(48, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(48 * (1 + 64 * 3)));
  const start = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header)]);
  const end = Buffer.concat([chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
  const text = Buffer.alloc(size - start.length - end.length - 12, ".");
  text.write(`Comment\0${crypto.randomUUID()}`);
  return new Uint8Array(Buffer.concat([start, chunk("tEXt", text), end]));
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(typed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}
