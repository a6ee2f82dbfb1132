import { abortReason, throwIfAborted, untilAborted, withinTime } from "../abort.js";
import { NetworkError, PhotodockError } from "../errors.js";
import type { ExpoFileInfo } from "./photos.js";
import { isFileUri, type Transport, type TransportRequest, type TransportResponse } from "../transport.js";

export interface ExpoUploadProgress {
  readonly totalBytesSent: number;
  readonly totalBytesExpectedToSend: number;
}

export interface ExpoUploadResult {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** iOS gives none where the answer is no text. */
  readonly body?: string | null;
}

/** What is used of Expo's `expo-file-system/legacy` (before SDK 54: `expo-file-system`). */
export interface ExpoFileSystem extends ExpoFileInfo {
  readonly FileSystemUploadType: { readonly BINARY_CONTENT: number };
  readonly FileSystemSessionType: { readonly BACKGROUND: number };
  createUploadTask(
    url: string,
    fileUri: string,
    options: {
      httpMethod: "PUT";
      headers: Record<string, string>;
      uploadType: number;
      sessionType: number;
    },
    callback: (progress: ExpoUploadProgress) => void,
  ): {
    /** Nothing, once it was cancelled. */
    uploadAsync(): Promise<ExpoUploadResult | null | undefined>;
    cancelAsync(): Promise<void>;
  };
}

/** The system says the same of a file that is gone as of a network that is: it is asked for the file then. */
const LOOK_SECONDS = 10;

/**
 * Sends file URIs by the system's own upload service, which goes on while the app sleeps. On iOS it also waits for the
 * network by itself and begins again when the connection breaks, for as long as the app does not abort it.
 *
 *     import * as FileSystem from "expo-file-system/legacy";
 *     const transport = new ExpoBackgroundTransport(FileSystem);
 */
export class ExpoBackgroundTransport implements Transport {
  readonly reportsProgress = true;
  readonly runsInBackground = true;
  private readonly fileSystem: ExpoFileSystem;

  constructor(fileSystem: ExpoFileSystem) {
    this.fileSystem = fileSystem;
  }

  async send({ url, method, headers, body, signal, onProgress }: TransportRequest): Promise<TransportResponse> {
    if (!isFileUri(body)) throw new TypeError("ExpoBackgroundTransport sends file URIs, no other photos.");
    if (method !== "PUT") throw new TypeError("ExpoBackgroundTransport sends PUT.");
    throwIfAborted(signal);
    const { FileSystemUploadType, FileSystemSessionType } = this.fileSystem;
    const options = {
      httpMethod: method,
      headers: { ...headers },
      uploadType: FileSystemUploadType.BINARY_CONTENT,
      sessionType: FileSystemSessionType.BACKGROUND,
    } as const;
    const task = this.fileSystem.createUploadTask(url, body.uri, options, (progress) => {
      if (!signal?.aborted) onProgress?.(progress.totalBytesSent, progress.totalBytesExpectedToSend);
    });
    const cancel = (): void => {
      task.cancelAsync().catch(() => undefined);
    };
    signal?.addEventListener("abort", cancel);
    try {
      return answered(await untilAborted(signal, task.uploadAsync()));
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal);
      if (await this.isGone(body.uri, signal))
        throw new PhotodockError("file_missing", "The photo's file is not there any more.", { cause: error });
      throw error instanceof NetworkError ? error : new NetworkError("network_error", "The upload broke off.", error);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  private async isGone(uri: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return !(await withinTime(LOOK_SECONDS, signal, () => this.fileSystem.getInfoAsync(uri))).exists;
    } catch {
      throwIfAborted(signal);
      return false;
    }
  }
}

function answered(result: ExpoUploadResult | null | undefined): TransportResponse {
  if (!result) throw new NetworkError("network_error", "The upload was ended by the system.");
  const headers = Object.entries(result.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { status: result.status, headers: Object.fromEntries(headers), body: result.body ?? "" };
}
