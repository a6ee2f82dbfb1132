/** Names for what `schema.ts` generates. Properties are named as in the API. */
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

export type Photo = Schemas["PhotoResponse"];
export type PhotoStatus = Schemas["PhotoStatus"];
export type PhotoPage = Schemas["PhotoPage"];
export type PhotoQuery = NonNullable<paths["/api/v1/photos"]["get"]["parameters"]["query"]>;
export type PhotoResult = Schemas["PhotoBatch"]["items"][number];
export type ClientMetadata = Schemas["ClientMetadata"];
export type ExifData = Schemas["ExifResponse"]["exif_data"];
export type HistoryItem = Schemas["HistoryItem"];
export type UploadRequest = Schemas["UploadRequest"];
export type UploadItem = Schemas["UploadItem"];
/** Properties with a default are in each answer all the same. */
export type IssuedUpload = Required<Schemas["UploadResponse"]>;
export type UploadResult = Schemas["UploadBatchResponse"]["items"][number];
export type ExistingPhoto = Schemas["ExistingPhoto"];
export type MultipartUpload = Schemas["MultipartResponse"];
export type Part = Schemas["NamedPart"];
export type IssuedPart = Required<Schemas["PartUrl"]>;
export type PartList = Omit<Schemas["PartsResponse"], "items"> & { readonly items: readonly IssuedPart[] };
export type StatusReport = Schemas["ProcessingUpdate"] | Schemas["CompletedUpdate"] | Schemas["FailedUpdate"];
export type Project = Schemas["ProjectResponse"];
export type Policies = Schemas["PolicyResponse"];
export type PolicyChange = Schemas["PolicyRequest"];
export type ParkedJob = Schemas["ParkedJobResponse"];
export type ParkedJobQuery = NonNullable<paths["/api/v1/outbox"]["get"]["parameters"]["query"]>;
export type Webhook = Schemas["WebhookResponse"];
export type WebhookRequest = Schemas["WebhookRequest"];
export type Delivery = Schemas["DeliveryResponse"];
export type DeliveryQuery = NonNullable<paths["/api/v1/webhooks/deliveries"]["get"]["parameters"]["query"]>;
export type Problem = Schemas["Problem"];

/** One line of `GET /events`: thin, so that nothing in it can be out of date. */
export interface PhotoChange {
  readonly type: `photo.${PhotoStatus}` | "photo.deleted" | "photo.renditions";
  readonly photo_id: string;
  readonly project_id: string;
  readonly status: PhotoStatus;
  readonly at: string;
}
