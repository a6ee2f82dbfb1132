import { createReadStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { request, type ClientRequest } from "node:http";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { Transform } from "node:stream";

import type { ExpoFileSystem, ExpoUploadResult } from "../../src/react-native/index.js";

type Task = ReturnType<ExpoFileSystem["createUploadTask"]>;
type Options = Parameters<ExpoFileSystem["createUploadTask"]>[2];
type Callback = Parameters<ExpoFileSystem["createUploadTask"]>[3];

/**
 * Expo's FileSystem as its native modules do it (SDK 58, `expo-file-system/legacy`), on Node's HTTP client: a file URI is
 * read from the disk; header names come back as iOS writes them; a cancelled task resolves with null and tells no more
 * progress; every failure rejects with ERR_FILESYSTEM_CANNOT_UPLOAD.
 */
export const expoFileSystem: ExpoFileSystem = {
  FileSystemUploadType: { BINARY_CONTENT: 0 },
  FileSystemSessionType: { BACKGROUND: 0 },
  getInfoAsync: (uri) => Promise.resolve({ exists: existsSync(fileURLToPath(uri)) }),
  createUploadTask: (url, fileUri, options, callback) => new UploadTask(url, fileUri, options, callback),
};

class UploadTask implements Task {
  private readonly url: string;
  private readonly fileUri: string;
  private readonly options: Options;
  private readonly callback: Callback;
  private running: ClientRequest | undefined;
  private cancelled = false;

  constructor(url: string, fileUri: string, options: Options, callback: Callback) {
    this.url = url;
    this.fileUri = fileUri;
    this.options = options;
    this.callback = callback;
  }

  async uploadAsync(): Promise<ExpoUploadResult | null> {
    try {
      const path = fileURLToPath(this.fileUri);
      const { size } = await stat(path);
      if (this.cancelled) return null;
      return await this.send(path, size);
    } catch (error) {
      if (this.cancelled) return null;
      throw Object.assign(new Error("Unable to upload the file", { cause: error }), {
        code: "ERR_FILESYSTEM_CANNOT_UPLOAD",
      });
    }
  }

  cancelAsync(): Promise<void> {
    this.cancelled = true;
    this.running?.destroy();
    return Promise.resolve();
  }

  private async send(path: string, size: number): Promise<ExpoUploadResult> {
    const { httpMethod, headers } = this.options;
    const sent = request(this.url, { method: httpMethod, headers: { ...headers, "Content-Length": size } });
    this.running = sent;
    const result = new Promise<ExpoUploadResult>((resolve, reject) => {
      sent.on("error", reject);
      sent.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const names = Object.entries(response.headers).map(([name, value]) => [capitalized(name), String(value)]);
          const body = Buffer.concat(pieces).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(names) as Record<string, string>,
            body,
          });
        });
      });
    });
    const [, answer] = await Promise.all([pipeline(createReadStream(path), this.counter(size), sent), result]);
    return answer;
  }

  private counter(size: number): Transform {
    let totalBytesSent = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        totalBytesSent += chunk.length;
        if (!this.cancelled) this.callback({ totalBytesSent, totalBytesExpectedToSend: size });
        done(null, chunk);
      },
    });
  }
}

/** As NSHTTPURLResponse has it: `Etag`, `Retry-After`. */
function capitalized(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
