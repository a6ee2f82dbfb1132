import { PhotodockError, type Photo, type UploadProgress } from "@photodock/client";
import { measuredMetadata, pickedPhoto } from "@photodock/client/react-native";
import * as FileSystem from "expo-file-system/legacy";
import * as ImagePicker from "expo-image-picker";
import * as Location from "expo-location";
import { useState, type ReactElement } from "react";
import { Button, SafeAreaView, Text } from "react-native";

import { client, PROJECT_ID } from "./photodock";

export default function App(): ReactElement {
  const [progress, setProgress] = useState<UploadProgress>();
  const [photo, setPhoto] = useState<Photo>();
  const [failure, setFailure] = useState<string>();

  async function take(): Promise<void> {
    setFailure(undefined);
    try {
      setPhoto(await takeAndUpload(setProgress));
    } catch (error) {
      setFailure(error instanceof PhotodockError ? `${error.code}: ${error.detail}` : String(error));
    }
  }

  return (
    <SafeAreaView>
      <Button title="Take a photo" onPress={() => void take()} />
      {progress && <Text>{`${progress.phase} ${Math.round(progress.fraction * 100).toString()} %`}</Text>}
      {photo && <Text>{`${photo.file_name}: ${photo.status}`}</Text>}
      {failure && <Text>{failure}</Text>}
    </SafeAreaView>
  );
}

async function takeAndUpload(onProgress: (progress: UploadProgress) => void): Promise<Photo | undefined> {
  await ImagePicker.requestCameraPermissionsAsync();
  const taken = await ImagePicker.launchCameraAsync({
    // JPEG instead of HEIC, which photodock does not take in.
    preferredAssetRepresentationMode: ImagePicker.UIImagePickerPreferredAssetRepresentationMode.Compatible,
    quality: 0.9,
  });
  const asset = taken.assets?.[0];
  if (!asset) return undefined;
  const clientMetadata = measuredMetadata({ capturedAt: new Date(), ...(await whereAndWhither()) });
  const source = await pickedPhoto(FileSystem, asset);
  return client.upload(source, { projectId: PROJECT_ID, clientMetadata, onProgress });
}

/** Nothing, where the user allows none: the photo goes all the same. */
async function whereAndWhither(): Promise<{
  location?: Location.LocationObject;
  heading?: Location.LocationHeadingObject;
}> {
  const { granted } = await Location.requestForegroundPermissionsAsync();
  if (!granted) return {};
  try {
    const [location, heading] = await Promise.all([Location.getCurrentPositionAsync(), Location.getHeadingAsync()]);
    return { location, heading };
  } catch {
    return {};
  }
}
