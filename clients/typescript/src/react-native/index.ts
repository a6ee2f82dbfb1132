export { ExpoBackgroundTransport } from "./expo-transport.js";
export type { ExpoFileSystem, ExpoUploadProgress, ExpoUploadResult } from "./expo-transport.js";
export { measuredMetadata, pickedMetadata } from "./metadata.js";
export type { Measured, MeasuredHeading, MeasuredLocation } from "./metadata.js";
export { pickedPhoto } from "./photos.js";
export type { ExpoFileInfo, PickedPhoto } from "./photos.js";
