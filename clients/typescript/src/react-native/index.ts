export { ExpoBackgroundTransport } from "./expo-transport.js";
export type { ExpoFileSystem, ExpoUploadProgress, ExpoUploadResult } from "./expo-transport.js";
