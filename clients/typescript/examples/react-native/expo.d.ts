/** What the types of Expo's modules need of `expo`, which would bring the whole of React Native with it. */
declare module "expo" {
  export interface PermissionResponse {
    readonly granted: boolean;
  }
}
