// Written by `npm run types` from docs/openapi.json. Change neither by hand.

export interface paths {
    readonly "/api/v1/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Follow changes as they happen
         * @description One event `photo` for each change of a photo of your organization, in the order in which they took effect. A
         *     photo's creation is not among them. With `Last-Event-ID` the stream goes on where another ended; where that is not
         *     possible any more it begins with the event `reset`: read your list anew.
         */
        readonly get: operations["follow_api_v1_events_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/outbox": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List parked detection jobs
         * @description Jobs of your organization that could not be sent after all attempts, oldest first.
         */
        readonly get: operations["list_parked_api_v1_outbox_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/outbox/{id}/retry": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Send a parked job again
         * @description It is sent at once, with all its attempts before it again.
         */
        readonly post: operations["retry_parked_api_v1_outbox__id__retry_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List photos
         * @description Your organization's photos, newest first. Of `ids` those that are not there, or not yours, are left out.
         */
        readonly get: operations["list_photos_api_v1_photos_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get a photo, now or when it changes
         * @description With `If-None-Match`, `wait` holds until the ETag differs, without it until the status does; then 200, or 304
         *     at the end. A final status answers at once.
         */
        readonly get: operations["get_photo_api_v1_photos__photo_id__get"];
        readonly put?: never;
        readonly post?: never;
        /**
         * Delete a photo
         * @description The photo, its object in all versions and every personal field are gone; afterwards 404 everywhere.
         */
        readonly delete: operations["delete_photo_api_v1_photos__photo_id__delete"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/exif": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Get a photo's EXIF data */
        readonly get: operations["get_exif_api_v1_photos__photo_id__exif_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get a photo's changes of status
         * @description Oldest first, beginning with `null → pending_upload`.
         */
        readonly get: operations["get_history_api_v1_photos__photo_id__history_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/multipart": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Start or resume an upload in parts
         * @description For a large photo that is `pending_upload`. Costs quota as an upload URL does; a repeat answers with the same
         *     upload, and is free.
         */
        readonly post: operations["start_multipart_api_v1_photos__photo_id__multipart_post"];
        /**
         * Abort an upload in parts
         * @description Its parts are gone. The photo stays as it is, and may be sent by its upload URL, or in parts anew.
         */
        readonly delete: operations["abort_multipart_api_v1_photos__photo_id__multipart_delete"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/multipart/complete": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Complete an upload in parts
         * @description Makes the object of its parts and confirms the photo, as `{"status": "uploaded"}` does. A repeat is harmless.
         */
        readonly post: operations["complete_multipart_api_v1_photos__photo_id__multipart_complete_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/multipart/parts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get URLs for parts, and which are there
         * @description Each URL is a presigned `PUT`, good for 15 minutes, for exactly the bytes of its part. It may be used again.
         */
        readonly get: operations["get_parts_api_v1_photos__photo_id__multipart_parts_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/retry": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Start a failed detection again
         * @description A new detection job for a photo that is `failed` with `detection_failed` or `detection_timeout`; it is `uploaded`
         *     afterwards.
         */
        readonly post: operations["retry_detection_api_v1_photos__photo_id__retry_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /**
         * Report an upload, or a detection
         * @description Clients send `uploaded` once the file is sent (scope `photos:write`); detectors send `processing`,
         *     `completed` or `failed` (scope `photos:pipeline`). A repeat is harmless.
         */
        readonly patch: operations["update_status_api_v1_photos__photo_id__status_patch"];
        readonly trace?: never;
    };
    readonly "/api/v1/photos/{photo_id}/upload-url": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Get a fresh upload URL for the same photo
         * @description For a photo that is still `pending_upload`, or `failed` with `upload_expired`. Same object, new `upload_id`.
         */
        readonly post: operations["refresh_upload_url_api_v1_photos__photo_id__upload_url_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/confirm": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Confirm many uploads
         * @description At most 100 photos whose files have been sent: for each the photo, or why it is not confirmed. A repeat is
         *     harmless.
         */
        readonly post: operations["confirm_uploads_api_v1_photos_confirm_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/exists": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Ask which photos a project has
         * @description By the SHA-256 that was declared for them: so that no client needs to send a photo twice. Only photos that have
         *     arrived count, and whose bytes were compared with the checksum. Costs no quota.
         */
        readonly post: operations["find_existing_api_v1_photos_exists_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/upload-url": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Get an upload URL for a new photo
         * @description Answers with a presigned `PUT`, good for 15 minutes. Storage itself refuses another type, another size, other
         *     bytes (when a checksum was declared) and a second write.
         */
        readonly post: operations["request_upload_url_api_v1_photos_upload_url_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/photos/upload-urls": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Get upload URLs for many new photos
         * @description At most 100 items, each as for a single upload URL, with its `idempotency_key` beside it. Each costs one of the
         *     quota; when that ends in the middle, the items after it are `rate_limited`.
         */
        readonly post: operations["request_upload_urls_api_v1_photos_upload_urls_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/policies": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get your organization's policies
         * @description `keep` where none was set.
         */
        readonly get: operations["get_policies_api_v1_policies_get"];
        /**
         * Set your organization's policies
         * @description Good for everything that is stored from the answer on. Photos stored before stay as they are: the operator's
         *     command `photodock policy apply` holds them to it too.
         */
        readonly put: operations["put_policies_api_v1_policies_put"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/projects": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List projects */
        readonly get: operations["list_projects_api_v1_projects_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/projects/{project_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /**
         * Create or rename a project
         * @description The id is yours to choose, so that your own system's ids can be used.
         */
        readonly put: operations["put_project_api_v1_projects__project_id__put"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/webhooks": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get your organization's webhook
         * @description Without its secret, which is shown only when it is made.
         */
        readonly get: operations["get_webhook_api_v1_webhooks_get"];
        /**
         * Set your organization's webhook
         * @description There is one. When it is made, the answer has its `secret`; one that was there keeps its own, and is enabled
         *     again unless `enabled` is false. What waits for it goes to the new URL.
         */
        readonly put: operations["put_webhook_api_v1_webhooks_put"];
        readonly post?: never;
        /**
         * Delete your organization's webhook
         * @description With its secret, its log, and what waits to be sent to it.
         */
        readonly delete: operations["delete_webhook_api_v1_webhooks_delete"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/webhooks/deliveries": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List what was sent
         * @description Newest first, those of the last 30 days.
         */
        readonly get: operations["list_deliveries_api_v1_webhooks_deliveries_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/webhooks/deliveries/{id}/retry": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Send an event again
         * @description At once, under the same event id, with all attempts before it; also one that had been delivered.
         */
        readonly post: operations["retry_delivery_api_v1_webhooks_deliveries__id__retry_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/webhooks/secret": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Replace the secret
         * @description The answer has the new `secret`. Until `old_secret_until` the old one signs too.
         */
        readonly post: operations["rotate_secret_api_v1_webhooks_secret_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/webhooks/test": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Send a test event
         * @description An event `webhook.test` without data, sent at once and then as any other: the log tells what came of it.
         */
        readonly post: operations["test_webhook_api_v1_webhooks_test_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/healthz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Is the process alive? */
        readonly get: operations["healthz_healthz_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/readyz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Can it do its work?
         * @description 503 while the database is away or behind the migrations; storage and queue are reported but do not decide.
         */
        readonly get: operations["readyz_readyz_get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export interface webhooks {
    readonly "photo-event": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Something happened to a photo
         * @description Sent to your organization's webhook: at least once, and in no certain order.
         */
        readonly post: operations["photo_eventphoto_event_post"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export interface components {
    schemas: {
        /** Alive */
        readonly Alive: {
            /**
             * Status
             * @default ok
             */
            readonly status?: string;
        };
        /**
         * ClientMetadata
         * @description What the app itself measured when the photo was taken. Kept apart from EXIF.
         */
        readonly ClientMetadata: {
            /**
             * Accuracy M
             * @description Radius in metres.
             */
            readonly accuracy_m?: number | null;
            /**
             * Captured At
             * @description RFC 3339 with an offset.
             */
            readonly captured_at?: string | null;
            /**
             * Direction Deg
             * @description Degrees from north.
             */
            readonly direction_deg?: number | null;
            /**
             * Latitude
             * @description Degrees, WGS 84.
             */
            readonly latitude?: number | null;
            /**
             * Longitude
             * @description Degrees, WGS 84.
             */
            readonly longitude?: number | null;
        };
        /**
         * CompletedUpdate
         * @description From the pipeline: a detector is done.
         */
        readonly CompletedUpdate: {
            /**
             * Detections
             * @description The detector's results, kept as they are in `detection.results`; 256 KB at the most.
             * @example {
             *       "damage": [
             *         {
             *           "box": [
             *             120,
             *             80,
             *             260,
             *             190
             *           ],
             *           "label": "hail",
             *           "score": 0.93
             *         }
             *       ]
             *     }
             */
            readonly detections: {
                readonly [key: string]: components["schemas"]["StorableValue"];
            };
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly status: "completed";
        };
        /**
         * CompleteRequest
         * @example {
         *       "parts": [
         *         {
         *           "etag": "79b281060d337b9b2b84ccf390adcf74",
         *           "part_number": 1
         *         }
         *       ]
         *     }
         */
        readonly CompleteRequest: {
            /**
             * Parts
             * @description The parts as the client knows them; left out, those that storage has.
             */
            readonly parts?: readonly components["schemas"]["NamedPart"][] | null;
        };
        /** ConfirmBatchRequest */
        readonly ConfirmBatchRequest: {
            /** Photo Ids */
            readonly photo_ids: readonly string[];
        };
        /**
         * DeliveryList
         * @example {
         *       "items": [
         *         {
         *           "at": "2026-11-22T17:46:35Z",
         *           "attempts": 1,
         *           "event_id": "8f14e45f-ceea-467f-a0e6-7d8d2a1b3c4d",
         *           "id": 4711,
         *           "last_attempt_at": "2026-11-22T17:46:35Z",
         *           "last_error": "The receiver answered 500.",
         *           "last_http_status": 500,
         *           "next_attempt_at": "2026-11-22T17:46:40Z",
         *           "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *           "photo_status": "completed",
         *           "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *           "state": "pending",
         *           "type": "photo.completed"
         *         }
         *       ]
         *     }
         */
        readonly DeliveryList: {
            /** Items */
            readonly items: readonly components["schemas"]["DeliveryResponse"][];
        };
        /**
         * DeliveryResponse
         * @example {
         *       "at": "2026-11-22T17:46:35Z",
         *       "attempts": 1,
         *       "event_id": "8f14e45f-ceea-467f-a0e6-7d8d2a1b3c4d",
         *       "id": 4711,
         *       "last_attempt_at": "2026-11-22T17:46:35Z",
         *       "last_error": "The receiver answered 500.",
         *       "last_http_status": 500,
         *       "next_attempt_at": "2026-11-22T17:46:40Z",
         *       "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *       "photo_status": "completed",
         *       "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *       "state": "pending",
         *       "type": "photo.completed"
         *     }
         */
        readonly DeliveryResponse: {
            /**
             * At
             * Format: date-time
             * @description When it happened.
             */
            readonly at: string;
            /** Attempts */
            readonly attempts: number;
            /**
             * Event Id
             * Format: uuid
             * @description The header `webhook-id` of every attempt.
             */
            readonly event_id: string;
            /** Id */
            readonly id: number;
            /** Last Attempt At */
            readonly last_attempt_at: string | null;
            /** Last Error */
            readonly last_error: string | null;
            /**
             * Last Http Status
             * @description null when the receiver did not answer.
             */
            readonly last_http_status: number | null;
            /**
             * Next Attempt At
             * @description null once it is delivered or has failed.
             */
            readonly next_attempt_at: string | null;
            /**
             * Photo Id
             * @description null for a test.
             */
            readonly photo_id: string | null;
            /**
             * Photo Status
             * @description As it was sent; null for a test and for a deleted photo.
             */
            readonly photo_status: string | null;
            /** Project Id */
            readonly project_id: string | null;
            readonly state: components["schemas"]["DeliveryState"];
            /** Type */
            readonly type: string;
        };
        /**
         * DeliveryState
         * @enum {string}
         */
        readonly DeliveryState: "pending" | "delivered" | "failed";
        /** DetectionResponse */
        readonly DetectionResponse: {
            /**
             * Error
             * @description The detector's own `{code, detail}`.
             */
            readonly error: {
                readonly [key: string]: unknown;
            } | null;
            readonly priority: components["schemas"]["Priority"];
            /** Results */
            readonly results: {
                readonly [key: string]: unknown;
            } | null;
            readonly status: components["schemas"]["DetectionStatus"];
            /** Types */
            readonly types: readonly string[];
        };
        /**
         * DetectionStatus
         * @enum {string}
         */
        readonly DetectionStatus: "pending" | "processing" | "completed" | "failed";
        /** DetectorError */
        readonly DetectorError: {
            /** Code */
            readonly code: string;
            /**
             * Detail
             * @default
             */
            readonly detail?: string;
        };
        /**
         * EventBody
         * @description What a webhook is sent. Signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp`,
         *     `webhook-signature`. Answer 2xx within 15 seconds.
         * @example {
         *       "data": {
         *         "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *         "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *         "status": "completed"
         *       },
         *       "timestamp": "2026-11-22T17:46:35.102938Z",
         *       "type": "photo.completed"
         *     }
         */
        readonly EventBody: {
            /**
             * Data
             * @description `photo_id`, `project_id` and `status` (null once the photo is deleted); empty in a test.
             */
            readonly data: {
                readonly [key: string]: unknown;
            };
            /**
             * Timestamp
             * Format: date-time
             * @description When it happened.
             */
            readonly timestamp: string;
            /**
             * Type
             * @description `photo.` and what happened, or `webhook.test`.
             */
            readonly type: string;
        };
        /**
         * EventType
         * @description What a webhook may be told of; the photo's status since then is the last word of each name.
         * @enum {string}
         */
        readonly EventType: "photo.pending_upload" | "photo.uploaded" | "photo.processing" | "photo.completed" | "photo.failed" | "photo.deleted" | "photo.renditions";
        /**
         * ExifResponse
         * @example {
         *       "exif_data": {
         *         "camera_make": "Apple",
         *         "camera_model": "iPhone 13 mini",
         *         "captured_at": "2026-11-22T18:44:10.25",
         *         "captured_at_offset": "+01:00",
         *         "f_number": 1.6,
         *         "gps_coordinates": {
         *           "altitude_m": 47.59,
         *           "latitude": 52.5163,
         *           "longitude": 13.3777
         *         },
         *         "iso": 100,
         *         "orientation": 6
         *       }
         *     }
         */
        readonly ExifResponse: {
            /** Exif Data */
            readonly exif_data: {
                readonly [key: string]: unknown;
            } | null;
        };
        /** ExistingPhoto */
        readonly ExistingPhoto: {
            /** Checksum Sha256 */
            readonly checksum_sha256: string;
            /**
             * Photo Id
             * Format: uuid
             * @description The first, where the project has several.
             */
            readonly photo_id: string;
            readonly status: components["schemas"]["PhotoStatus"];
        };
        /**
         * ExistsRequest
         * @example {
         *       "checksums": [
         *         "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
         *         "Di3ug8RiMqpq45acglv+oHjgawNsgi1R+dUJ6LmLuz4="
         *       ],
         *       "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95"
         *     }
         */
        readonly ExistsRequest: {
            /**
             * Checksums
             * @description Base64 of files' SHA-256, one or more.
             */
            readonly checksums: readonly string[];
            /**
             * Project Id
             * Format: uuid
             */
            readonly project_id: string;
        };
        /**
         * ExistsResponse
         * @example {
         *       "items": [
         *         {
         *           "checksum_sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
         *           "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *           "status": "completed"
         *         }
         *       ]
         *     }
         */
        readonly ExistsResponse: {
            /**
             * Items
             * @description Those that the project has, in the order of the request.
             */
            readonly items: readonly components["schemas"]["ExistingPhoto"][];
        };
        /**
         * FailedUpdate
         * @description From the pipeline: a detector could not process the photo.
         */
        readonly FailedUpdate: {
            readonly error: components["schemas"]["DetectorError"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly status: "failed";
        };
        /**
         * FailureCode
         * @description Why a photo is `failed`.
         * @enum {string}
         */
        readonly FailureCode: "upload_expired" | "content_mismatch" | "detection_timeout" | "detection_failed";
        /**
         * FieldError
         * @description One thing that is wrong with a request; the value itself is never repeated.
         */
        readonly FieldError: {
            /**
             * Field
             * @description Where, such as `body.file_size`.
             * @example body.file_size
             */
            readonly field: string;
            /**
             * Message
             * @example Input should be greater than 0
             */
            readonly message: string;
        };
        /**
         * GpsPolicy
         * @description For the positions in `exif_data` and in `client_metadata`. The file itself is never changed.
         * @enum {string}
         */
        readonly GpsPolicy: "keep" | "round" | "drop";
        /** HistoryItem */
        readonly HistoryItem: {
            /** Actor */
            readonly actor: string | null;
            /**
             * At
             * Format: date-time
             */
            readonly at: string;
            /** @description null for the first line. */
            readonly from: components["schemas"]["PhotoStatus"] | null;
            /** Reason */
            readonly reason: string | null;
            readonly to: components["schemas"]["PhotoStatus"];
        };
        /**
         * HistoryResponse
         * @example {
         *       "items": [
         *         {
         *           "actor": "anna",
         *           "at": "2026-11-22T17:46:32.617507Z",
         *           "to": "pending_upload"
         *         },
         *         {
         *           "actor": "anna",
         *           "at": "2026-11-22T17:46:33.989845Z",
         *           "from": "pending_upload",
         *           "reason": "upload confirmed",
         *           "to": "uploaded"
         *         }
         *       ]
         *     }
         */
        readonly HistoryResponse: {
            /** Items */
            readonly items: readonly components["schemas"]["HistoryItem"][];
        };
        /** HTTPValidationError */
        readonly HTTPValidationError: {
            /** Detail */
            readonly detail?: readonly components["schemas"]["ValidationError"][];
        };
        /**
         * ItemProblem
         * @description In the place of a result, for an item that has none.
         */
        readonly ItemProblem: {
            readonly error: components["schemas"]["Problem"];
        };
        /**
         * MultipartRequest
         * @example {
         *       "part_checksums": false
         *     }
         */
        readonly MultipartRequest: {
            /**
             * Part Checksums
             * @description Whether each part's SHA-256 will be given when its URL is asked for: storage then refuses any other bytes.
             * @default false
             */
            readonly part_checksums?: boolean;
        };
        /**
         * MultipartResponse
         * @example {
         *       "expires_at": "2026-11-29T18:01:32Z",
         *       "expires_in_seconds": 605700,
         *       "part_checksums": false,
         *       "part_count": 4,
         *       "part_size": 5242880,
         *       "photo_id": "01a2045d-e729-75a1-a237-622d7a224704"
         *     }
         */
        readonly MultipartResponse: {
            /**
             * Expires At
             * Format: date-time
             */
            readonly expires_at: string;
            /**
             * Expires In Seconds
             * @description How long it can be resumed; asking for URLs puts it off.
             */
            readonly expires_in_seconds: number;
            /**
             * Part Checksums
             * @description Of the upload that is under way, whatever this request said.
             */
            readonly part_checksums: boolean;
            /**
             * Part Count
             * @description Parts are numbered from 1 to this.
             */
            readonly part_count: number;
            /**
             * Part Size
             * @description Bytes of every part but the last.
             */
            readonly part_size: number;
            /**
             * Photo Id
             * Format: uuid
             */
            readonly photo_id: string;
        };
        /** NamedPart */
        readonly NamedPart: {
            /**
             * Etag
             * @description With or without quotation marks.
             */
            readonly etag: string;
            /** Part Number */
            readonly part_number: number;
        };
        /** ParkedJobList */
        readonly ParkedJobList: {
            /** Items */
            readonly items: readonly components["schemas"]["ParkedJobResponse"][];
        };
        /**
         * ParkedJobResponse
         * @example {
         *       "attempts": 10,
         *       "created_at": "2026-11-22T17:46:35Z",
         *       "id": 4711,
         *       "last_error": "The queue refuses our requests (AccessDenied).",
         *       "parked_at": "2026-11-22T21:10:02Z",
         *       "photo_id": "01a2045d-e729-75a1-a237-622d7a224704"
         *     }
         */
        readonly ParkedJobResponse: {
            /**
             * Attempts
             * @description Failures to send it.
             */
            readonly attempts: number;
            /**
             * Created At
             * Format: date-time
             */
            readonly created_at: string;
            /** Id */
            readonly id: number;
            /** Last Error */
            readonly last_error: string | null;
            /**
             * Parked At
             * Format: date-time
             */
            readonly parked_at: string;
            /**
             * Photo Id
             * Format: uuid
             */
            readonly photo_id: string;
        };
        /**
         * PartsResponse
         * @example {
         *       "items": [
         *         {
         *           "expires_at": "2026-11-22T18:01:32Z",
         *           "expires_in_seconds": 900,
         *           "headers": {},
         *           "method": "PUT",
         *           "part_number": 2,
         *           "size": 5242880,
         *           "upload_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg?partNumber=2&uploadId=…&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…"
         *         }
         *       ],
         *       "uploaded": [
         *         {
         *           "etag": "79b281060d337b9b2b84ccf390adcf74",
         *           "part_number": 1,
         *           "size": 5242880
         *         }
         *       ]
         *     }
         */
        readonly PartsResponse: {
            /**
             * Items
             * @description In the order of `numbers`.
             */
            readonly items: readonly components["schemas"]["PartUrl"][];
            /**
             * Uploaded
             * @description What storage has, by number.
             */
            readonly uploaded: readonly components["schemas"]["PartThere"][];
        };
        /** PartThere */
        readonly PartThere: {
            /**
             * Etag
             * @description As storage gave it, without quotation marks.
             */
            readonly etag: string;
            /** Part Number */
            readonly part_number: number;
            /** Size */
            readonly size: number;
        };
        /** PartUrl */
        readonly PartUrl: {
            /**
             * Expires At
             * Format: date-time
             */
            readonly expires_at: string;
            /** Expires In Seconds */
            readonly expires_in_seconds: number;
            /**
             * Headers
             * @description Set all of these; the HTTP client adds Host and Content-Length.
             */
            readonly headers: {
                readonly [key: string]: string;
            };
            /**
             * Method
             * @default PUT
             * @constant
             */
            readonly method?: "PUT";
            /** Part Number */
            readonly part_number: number;
            /**
             * Size
             * @description Bytes, exactly: from `(part_number - 1) * part_size` on.
             */
            readonly size: number;
            /**
             * Upload Url
             * @description Send the part here, with `method` and `headers`.
             */
            readonly upload_url: string;
        };
        /**
         * PhotoBatch
         * @example {
         *       "items": [
         *         {
         *           "client_metadata": {
         *             "accuracy_m": 8,
         *             "latitude": 52.5163,
         *             "longitude": 13.3777
         *           },
         *           "completed_at": "2026-11-22T17:46:35.163478Z",
         *           "created_at": "2026-11-22T17:46:32.617507Z",
         *           "detection": {
         *             "priority": "normal",
         *             "results": {
         *               "damage": [
         *                 {
         *                   "box": [
         *                     120,
         *                     80,
         *                     260,
         *                     190
         *                   ],
         *                   "label": "hail",
         *                   "score": 0.93
         *                 }
         *               ]
         *             },
         *             "status": "completed",
         *             "types": [
         *               "damage",
         *               "material"
         *             ]
         *           },
         *           "download_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *           "exif_data": {
         *             "camera_make": "Apple",
         *             "camera_model": "iPhone 13 mini",
         *             "captured_at": "2026-11-22T18:44:10.25",
         *             "captured_at_offset": "+01:00",
         *             "f_number": 1.6,
         *             "gps_coordinates": {
         *               "altitude_m": 47.59,
         *               "latitude": 52.5163,
         *               "longitude": 13.3777
         *             },
         *             "iso": 100,
         *             "orientation": 6
         *           },
         *           "file_name": "north-roof.jpg",
         *           "file_size": 3482113,
         *           "height": 3024,
         *           "id": "01a2045d-e729-75a1-a237-622d7a224704",
         *           "mime_type": "image/jpeg",
         *           "processing_at": "2026-11-22T17:46:34.770249Z",
         *           "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *           "renditions": [
         *             {
         *               "file_size": 212380,
         *               "height": 1200,
         *               "mime_type": "image/webp",
         *               "name": "preview",
         *               "url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.preview.webp?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *               "width": 1600
         *             },
         *             {
         *               "file_size": 11614,
         *               "height": 240,
         *               "mime_type": "image/webp",
         *               "name": "thumbnail",
         *               "url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.thumbnail.webp?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *               "width": 320
         *             }
         *           ],
         *           "s3_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg",
         *           "status": "completed",
         *           "status_url": "/api/v1/photos/01a2045d-e729-75a1-a237-622d7a224704",
         *           "thumbhash": "HxgKDISfVpaXiYdod4d3iPCkBI43",
         *           "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
         *           "uploaded_at": "2026-11-22T17:46:33.986509Z",
         *           "width": 4032
         *         },
         *         {
         *           "error": {
         *             "code": "photo_not_found",
         *             "correlation_id": "0d1c3b5e7f9a4c2e8b6d4f2a1c3e5b7d",
         *             "detail": "There is no such photo, or it belongs to another organization.",
         *             "status": 404,
         *             "title": "No such photo",
         *             "type": "urn:photodock:problem:photo_not_found"
         *           }
         *         }
         *       ]
         *     }
         */
        readonly PhotoBatch: {
            /**
             * Items
             * @description In the order of the request.
             */
            readonly items: readonly (components["schemas"]["PhotoResponse"] | components["schemas"]["ItemProblem"])[];
        };
        /** PhotoError */
        readonly PhotoError: {
            readonly code: components["schemas"]["FailureCode"];
            /** Detail */
            readonly detail: string | null;
        };
        /** PhotoPage */
        readonly PhotoPage: {
            /** Items */
            readonly items: readonly components["schemas"]["PhotoResponse"][];
            /**
             * Next Cursor
             * @description Pass it on as `cursor`; null on the last page.
             */
            readonly next_cursor: string | null;
        };
        /**
         * PhotoResponse
         * @example {
         *       "client_metadata": {
         *         "accuracy_m": 8,
         *         "latitude": 52.5163,
         *         "longitude": 13.3777
         *       },
         *       "completed_at": "2026-11-22T17:46:35.163478Z",
         *       "created_at": "2026-11-22T17:46:32.617507Z",
         *       "detection": {
         *         "priority": "normal",
         *         "results": {
         *           "damage": [
         *             {
         *               "box": [
         *                 120,
         *                 80,
         *                 260,
         *                 190
         *               ],
         *               "label": "hail",
         *               "score": 0.93
         *             }
         *           ]
         *         },
         *         "status": "completed",
         *         "types": [
         *           "damage",
         *           "material"
         *         ]
         *       },
         *       "download_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *       "exif_data": {
         *         "camera_make": "Apple",
         *         "camera_model": "iPhone 13 mini",
         *         "captured_at": "2026-11-22T18:44:10.25",
         *         "captured_at_offset": "+01:00",
         *         "f_number": 1.6,
         *         "gps_coordinates": {
         *           "altitude_m": 47.59,
         *           "latitude": 52.5163,
         *           "longitude": 13.3777
         *         },
         *         "iso": 100,
         *         "orientation": 6
         *       },
         *       "file_name": "north-roof.jpg",
         *       "file_size": 3482113,
         *       "height": 3024,
         *       "id": "01a2045d-e729-75a1-a237-622d7a224704",
         *       "mime_type": "image/jpeg",
         *       "processing_at": "2026-11-22T17:46:34.770249Z",
         *       "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *       "renditions": [
         *         {
         *           "file_size": 212380,
         *           "height": 1200,
         *           "mime_type": "image/webp",
         *           "name": "preview",
         *           "url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.preview.webp?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *           "width": 1600
         *         },
         *         {
         *           "file_size": 11614,
         *           "height": 240,
         *           "mime_type": "image/webp",
         *           "name": "thumbnail",
         *           "url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.thumbnail.webp?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…",
         *           "width": 320
         *         }
         *       ],
         *       "s3_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg",
         *       "status": "completed",
         *       "status_url": "/api/v1/photos/01a2045d-e729-75a1-a237-622d7a224704",
         *       "thumbhash": "HxgKDISfVpaXiYdod4d3iPCkBI43",
         *       "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
         *       "uploaded_at": "2026-11-22T17:46:33.986509Z",
         *       "width": 4032
         *     }
         */
        readonly PhotoResponse: {
            /** Checksum Sha256 */
            readonly checksum_sha256: string | null;
            /** Client Metadata */
            readonly client_metadata: {
                readonly [key: string]: unknown;
            } | null;
            /** Completed At */
            readonly completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            readonly created_at: string;
            readonly detection: components["schemas"]["DetectionResponse"];
            /**
             * Download Url
             * @description A presigned GET; present once uploaded.
             */
            readonly download_url: string | null;
            /** @description Set whenever status is `failed`. */
            readonly error: components["schemas"]["PhotoError"] | null;
            /** Exif Data */
            readonly exif_data: {
                readonly [key: string]: unknown;
            } | null;
            /** Failed At */
            readonly failed_at: string | null;
            /** File Name */
            readonly file_name: string;
            /** File Size */
            readonly file_size: number;
            /** Height */
            readonly height: number | null;
            /**
             * Id
             * Format: uuid
             */
            readonly id: string;
            /** Mime Type */
            readonly mime_type: string;
            /** Processing At */
            readonly processing_at: string | null;
            /**
             * Project Id
             * Format: uuid
             */
            readonly project_id: string;
            /**
             * Renditions
             * @description Small pictures of the photo: `preview`, at most 1600 pixels long or high, `thumbnail`, at most 320. Made a moment after the upload; empty before, and where none can be made.
             */
            readonly renditions: readonly components["schemas"]["RenditionResponse"][];
            /** S3 Url */
            readonly s3_url: string;
            readonly status: components["schemas"]["PhotoStatus"];
            /** Status Url */
            readonly status_url: string;
            /**
             * Thumbhash
             * @description A placeholder in some 25 bytes (ThumbHash), base64; as `renditions`.
             */
            readonly thumbhash: string | null;
            /**
             * Upload Id
             * Format: uuid
             */
            readonly upload_id: string;
            /** Uploaded At */
            readonly uploaded_at: string | null;
            /**
             * Width
             * @description Pixels as stored, before orientation is applied.
             */
            readonly width: number | null;
        };
        /**
         * PhotoStatus
         * @enum {string}
         */
        readonly PhotoStatus: "pending_upload" | "uploaded" | "processing" | "completed" | "failed";
        /**
         * PolicyRequest
         * @example {
         *       "gps": "round"
         *     }
         */
        readonly PolicyRequest: {
            /** @description What is stored of where photos were taken, by EXIF and by the client. */
            readonly gps: components["schemas"]["GpsPolicy"];
        };
        /**
         * PolicyResponse
         * @example {
         *       "gps": "round"
         *     }
         */
        readonly PolicyResponse: {
            /** @description Positions are stored as measured (`keep`), to about 1 km (`round`), or not at all (`drop`). */
            readonly gps: components["schemas"]["GpsPolicy"];
        };
        /**
         * Priority
         * @enum {string}
         */
        readonly Priority: "low" | "normal" | "high";
        /**
         * Problem
         * @description RFC 9457 problem document.
         * @example {
         *       "code": "photo_not_found",
         *       "correlation_id": "0d1c3b5e7f9a4c2e8b6d4f2a1c3e5b7d",
         *       "detail": "There is no such photo, or it belongs to another organization.",
         *       "status": 404,
         *       "title": "No such photo",
         *       "type": "urn:photodock:problem:photo_not_found"
         *     }
         */
        readonly Problem: {
            /**
             * Code
             * @description Stable; programs decide by it.
             * @enum {string}
             */
            readonly code: "unauthenticated" | "insufficient_scope" | "project_access_denied" | "photo_not_found" | "not_found" | "method_not_allowed" | "invalid_file_type" | "file_too_large" | "file_too_small" | "invalid_status_transition" | "upload_not_found" | "multipart_not_needed" | "multipart_not_started" | "multipart_incomplete" | "idempotency_conflict" | "too_many_projects" | "webhook_url_refused" | "webhook_disabled" | "webhooks_unavailable" | "malformed_http" | "request_timeout" | "body_too_large" | "headers_too_large" | "invalid_request" | "rate_limited" | "too_many_streams" | "storage_unavailable" | "database_unavailable" | "identity_unavailable" | "internal_error";
            /**
             * Correlation Id
             * @description The `X-Request-ID` of this request, found in every log line of it.
             */
            readonly correlation_id: string;
            /**
             * Detail
             * @description A sentence that says what to do.
             */
            readonly detail: string;
            /**
             * Errors
             * @description For a malformed request: each thing that is wrong.
             * @default null
             */
            readonly errors?: readonly components["schemas"]["FieldError"][] | null;
            /** Status */
            readonly status: number;
            /** Title */
            readonly title: string;
            /** Type */
            readonly type: string;
        };
        /**
         * ProcessingUpdate
         * @description From the pipeline: a detector has begun.
         */
        readonly ProcessingUpdate: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly status: "processing";
        };
        /**
         * ProjectList
         * @example {
         *       "items": [
         *         {
         *           "id": "01a2045b-274e-7317-adc7-c28d689c5d95",
         *           "name": "Roofs of Main Street"
         *         }
         *       ]
         *     }
         */
        readonly ProjectList: {
            /** Items */
            readonly items: readonly components["schemas"]["ProjectResponse"][];
        };
        /** ProjectRequest */
        readonly ProjectRequest: {
            /** Name */
            readonly name: string;
        };
        /** ProjectResponse */
        readonly ProjectResponse: {
            /**
             * Id
             * Format: uuid
             */
            readonly id: string;
            /** Name */
            readonly name: string;
        };
        /** Ready */
        readonly Ready: {
            /** Parts */
            readonly parts: {
                readonly [key: string]: string;
            };
            /** Ready */
            readonly ready: boolean;
        };
        /**
         * RenditionName
         * @enum {string}
         */
        readonly RenditionName: "preview" | "thumbnail";
        /** RenditionResponse */
        readonly RenditionResponse: {
            /** File Size */
            readonly file_size: number;
            /** Height */
            readonly height: number;
            /**
             * Mime Type
             * @default image/webp
             * @constant
             */
            readonly mime_type?: "image/webp";
            readonly name: components["schemas"]["RenditionName"];
            /**
             * Url
             * @description A presigned GET, good for as long as `download_url`.
             */
            readonly url: string;
            /**
             * Width
             * @description Pixels, upright: EXIF's orientation is applied.
             */
            readonly width: number;
        };
        /** @description Any JSON without U+0000 in its texts. */
        readonly StorableValue: unknown;
        /** UploadBatchRequest */
        readonly UploadBatchRequest: {
            /**
             * Items
             * @description A malformed item is answered with its own problem.
             */
            readonly items: readonly (components["schemas"]["UploadItem"] | unknown)[];
        };
        /**
         * UploadBatchResponse
         * @example {
         *       "items": [
         *         {
         *           "expires_at": "2026-11-22T18:01:32Z",
         *           "expires_in_seconds": 900,
         *           "headers": {
         *             "Content-Type": "image/jpeg",
         *             "If-None-Match": "*"
         *           },
         *           "method": "PUT",
         *           "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *           "s3_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg",
         *           "status_url": "/api/v1/photos/01a2045d-e729-75a1-a237-622d7a224704",
         *           "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
         *           "upload_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…"
         *         },
         *         {
         *           "error": {
         *             "code": "photo_not_found",
         *             "correlation_id": "0d1c3b5e7f9a4c2e8b6d4f2a1c3e5b7d",
         *             "detail": "There is no such photo, or it belongs to another organization.",
         *             "status": 404,
         *             "title": "No such photo",
         *             "type": "urn:photodock:problem:photo_not_found"
         *           }
         *         }
         *       ]
         *     }
         */
        readonly UploadBatchResponse: {
            /**
             * Items
             * @description In the order of the request.
             */
            readonly items: readonly (components["schemas"]["UploadResponse"] | components["schemas"]["ItemProblem"])[];
        };
        /**
         * UploadedUpdate
         * @description From the client: the object has been sent.
         */
        readonly UploadedUpdate: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly status: "uploaded";
        };
        /**
         * UploadItem
         * @description One of many: what the call for a single photo takes, and its Idempotency-Key.
         * @example {
         *       "checksum_sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
         *       "client_metadata": {
         *         "accuracy_m": 8,
         *         "latitude": 52.5163,
         *         "longitude": 13.3777
         *       },
         *       "detection_types": [
         *         "damage"
         *       ],
         *       "file_name": "north-roof.jpg",
         *       "file_size": 3482113,
         *       "mime_type": "image/jpeg",
         *       "priority": "normal",
         *       "project_id": "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e"
         *     }
         */
        readonly UploadItem: {
            /**
             * Checksum Sha256
             * @description Base64 of the file's SHA-256: storage then refuses any other bytes.
             */
            readonly checksum_sha256?: string | null;
            readonly client_metadata?: components["schemas"]["ClientMetadata"] | null;
            /**
             * Detection Types
             * @description What to detect; all configured types when left out.
             */
            readonly detection_types?: readonly string[] | null;
            /**
             * File Name
             * @description The name to show; any script and emoji, no control characters or path separators.
             */
            readonly file_name: string;
            /**
             * File Size
             * @description Bytes, exactly as they will be sent.
             */
            readonly file_size: number;
            /**
             * Idempotency Key
             * @description Your own name for this photo: a repeat answers with the same photo and costs no quota.
             */
            readonly idempotency_key?: string | null;
            /**
             * Mime Type
             * @description `image/jpeg` or `image/png`.
             */
            readonly mime_type: string;
            /** @default normal */
            readonly priority?: components["schemas"]["Priority"];
            /**
             * Project Id
             * Format: uuid
             */
            readonly project_id: string;
        };
        /**
         * UploadRequest
         * @example {
         *       "checksum_sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
         *       "client_metadata": {
         *         "accuracy_m": 8,
         *         "latitude": 52.5163,
         *         "longitude": 13.3777
         *       },
         *       "detection_types": [
         *         "damage"
         *       ],
         *       "file_name": "north-roof.jpg",
         *       "file_size": 3482113,
         *       "mime_type": "image/jpeg",
         *       "priority": "normal",
         *       "project_id": "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e"
         *     }
         */
        readonly UploadRequest: {
            /**
             * Checksum Sha256
             * @description Base64 of the file's SHA-256: storage then refuses any other bytes.
             */
            readonly checksum_sha256?: string | null;
            readonly client_metadata?: components["schemas"]["ClientMetadata"] | null;
            /**
             * Detection Types
             * @description What to detect; all configured types when left out.
             */
            readonly detection_types?: readonly string[] | null;
            /**
             * File Name
             * @description The name to show; any script and emoji, no control characters or path separators.
             */
            readonly file_name: string;
            /**
             * File Size
             * @description Bytes, exactly as they will be sent.
             */
            readonly file_size: number;
            /**
             * Mime Type
             * @description `image/jpeg` or `image/png`.
             */
            readonly mime_type: string;
            /** @default normal */
            readonly priority?: components["schemas"]["Priority"];
            /**
             * Project Id
             * Format: uuid
             */
            readonly project_id: string;
        };
        /**
         * UploadResponse
         * @example {
         *       "expires_at": "2026-11-22T18:01:32Z",
         *       "expires_in_seconds": 900,
         *       "headers": {
         *         "Content-Type": "image/jpeg",
         *         "If-None-Match": "*"
         *       },
         *       "method": "PUT",
         *       "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
         *       "s3_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg",
         *       "status_url": "/api/v1/photos/01a2045d-e729-75a1-a237-622d7a224704",
         *       "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
         *       "upload_url": "https://companycam-photos-production.s3.eu-central-1.amazonaws.com/01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…"
         *     }
         */
        readonly UploadResponse: {
            /**
             * Expires At
             * Format: date-time
             */
            readonly expires_at: string;
            /** Expires In Seconds */
            readonly expires_in_seconds: number;
            /**
             * Headers
             * @description Set all of these on the upload; the HTTP client adds Host and Content-Length.
             * @example {
             *       "Content-Type": "image/jpeg",
             *       "If-None-Match": "*"
             *     }
             */
            readonly headers: {
                readonly [key: string]: string;
            };
            /**
             * Method
             * @default PUT
             * @constant
             */
            readonly method?: "PUT";
            /**
             * Photo Id
             * Format: uuid
             */
            readonly photo_id: string;
            /**
             * S3 Url
             * @description The object's address, for reference; it is private.
             */
            readonly s3_url: string;
            /**
             * Status Url
             * @description Follow the photo here.
             */
            readonly status_url: string;
            /**
             * Upload Id
             * Format: uuid
             * @description Names this one issued URL.
             */
            readonly upload_id: string;
            /**
             * Upload Url
             * @description Send the file here, with `method` and `headers`.
             */
            readonly upload_url: string;
        };
        /** ValidationError */
        readonly ValidationError: {
            /** Context */
            readonly ctx?: Record<string, never>;
            /** Input */
            readonly input?: unknown;
            /** Location */
            readonly loc: readonly (string | number)[];
            /** Message */
            readonly msg: string;
            /** Error Type */
            readonly type: string;
        };
        /**
         * WebhookRequest
         * @example {
         *       "event_types": [
         *         "photo.completed",
         *         "photo.failed"
         *       ],
         *       "url": "https://example.com/hooks/photodock"
         *     }
         */
        readonly WebhookRequest: {
            /**
             * Enabled
             * @description With `false` nothing is noted for it and nothing sent.
             * @default true
             */
            readonly enabled?: boolean;
            /**
             * Event Types
             * @description All when left out.
             */
            readonly event_types?: readonly components["schemas"]["EventType"][] | null;
            /**
             * Url
             * @description https, a public host, no user and no password.
             */
            readonly url: string;
        };
        /**
         * WebhookResponse
         * @example {
         *       "created_at": "2026-11-22T17:46:35Z",
         *       "enabled": true,
         *       "event_types": [
         *         "photo.completed",
         *         "photo.failed"
         *       ],
         *       "id": "5f0c9d0e-6a3b-4f7e-9d53-0a1c6e1f2b3c",
         *       "secret": "whsec_…",
         *       "url": "https://example.com/hooks/photodock"
         *     }
         */
        readonly WebhookResponse: {
            /**
             * Created At
             * Format: date-time
             */
            readonly created_at: string;
            /**
             * Disabled Reason
             * @description Why photodock itself has disabled it.
             */
            readonly disabled_reason: string | null;
            /** Enabled */
            readonly enabled: boolean;
            /**
             * Event Types
             * @description null: all.
             */
            readonly event_types: readonly components["schemas"]["EventType"][] | null;
            /**
             * Failing Since
             * @description The first failure since the last success.
             */
            readonly failing_since: string | null;
            /**
             * Id
             * Format: uuid
             */
            readonly id: string;
            /**
             * Old Secret Until
             * @description After a replacement: until when the old secret signs too.
             */
            readonly old_secret_until: string | null;
            /**
             * Secret
             * @description Only in the answer that made it; it cannot be read again.
             */
            readonly secret: string | null;
            /** Url */
            readonly url: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly follow_api_v1_events_get: {
        readonly parameters: {
            readonly query?: {
                /** @description This project's photos alone; else all of yours. */
                readonly project_id?: string | null;
            };
            readonly header?: {
                /** @description The `id` of the last event that you have: what came after it is sent first. */
                readonly "last-event-id"?: string | null;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Server-sent events, without an end. Between them comments, so that a dead connection is noticed. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 2741
                     *
                     *     : here
                     *     id: 9mJp3mX1hB0o5b1pV0t9S7mJ2m6qkq2Qe7uG8p1i3lq0i4m8pJ5l1a0R6w2cT9xY
                     *
                     *     id: Qe7uG8p1i3lq0i4m8pJ5l1a0R6w2cT9xY9mJp3mX1hB0o5b1pV0t9S7mJ2m6qkq2
                     *     event: photo
                     *     data: {"type": "photo.completed", "photo_id": "01a2045d-e729-75a1-a237-622d7a224704", "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95", "status": "completed", "at": "2026-11-22T17:46:35.163478Z"}
                     */
                    readonly "text/event-stream": string;
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. `project_access_denied`: No access to this project. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_many_streams`: Too many event streams are open. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly list_parked_api_v1_outbox_get: {
        readonly parameters: {
            readonly query?: {
                /** @description The last `id` of the page before. */
                readonly after?: number;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ParkedJobList"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly retry_parked_api_v1_outbox__id__retry_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly list_photos_api_v1_photos_get: {
        readonly parameters: {
            readonly query?: {
                /** @description `next_cursor` of the page before. */
                readonly cursor?: string | null;
                /** @description Only these photos: up to 100 ids, with commas between. */
                readonly ids?: string | null;
                /** @description 50 when left out; with `ids`, as many. */
                readonly limit?: number | null;
                readonly project_id?: string | null;
                readonly status?: components["schemas"]["PhotoStatus"] | null;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoPage"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. `project_access_denied`: No access to this project. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_photo_api_v1_photos__photo_id__get: {
        readonly parameters: {
            readonly query?: {
                /** @description Seconds to hold the answer back, at most, while nothing changes. */
                readonly wait?: number;
            };
            readonly header?: {
                readonly "if-none-match"?: string | null;
            };
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoResponse"];
                };
            };
            /** @description Unchanged: the ETag is among `If-None-Match`. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly delete_photo_api_v1_photos__photo_id__delete: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_exif_api_v1_photos__photo_id__exif_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExifResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_history_api_v1_photos__photo_id__history_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["HistoryResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly start_multipart_api_v1_photos__photo_id__multipart_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["MultipartRequest"] | null;
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["MultipartResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_status_transition`: The photo's status does not allow this. `multipart_not_needed`: The photo is too small for parts. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many uploads. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly abort_multipart_api_v1_photos__photo_id__multipart_delete: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly complete_multipart_api_v1_photos__photo_id__multipart_complete_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["CompleteRequest"] | null;
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_status_transition`: The photo's status does not allow this. `multipart_not_started`: No upload in parts is under way. `multipart_incomplete`: Not all parts are there. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_parts_api_v1_photos__photo_id__multipart_parts_get: {
        readonly parameters: {
            readonly query?: {
                /** @description Base64 of the SHA-256 of each of these parts, with commas between, URL-encoded; for an upload that was started with `part_checksums`, and for no other. */
                readonly checksums_sha256?: string | null;
                /** @description Up to 100 part numbers with commas between; left out, no URLs. */
                readonly numbers?: string | null;
            };
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartsResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_status_transition`: The photo's status does not allow this. `multipart_not_started`: No upload in parts is under way. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly retry_detection_api_v1_photos__photo_id__retry_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_status_transition`: The photo's status does not allow this. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly update_status_api_v1_photos__photo_id__status_patch: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UploadedUpdate"] | components["schemas"]["ProcessingUpdate"] | components["schemas"]["CompletedUpdate"] | components["schemas"]["FailedUpdate"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `upload_not_found`: The object has not been uploaded. `invalid_status_transition`: The photo's status does not allow this. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly refresh_upload_url_api_v1_photos__photo_id__upload_url_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly photo_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["UploadResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `photo_not_found`: No such photo. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_status_transition`: The photo's status does not allow this. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many uploads. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly confirm_uploads_api_v1_photos_confirm_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ConfirmBatchRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PhotoBatch"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly find_existing_api_v1_photos_exists_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ExistsRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExistsResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. `project_access_denied`: No access to this project. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly request_upload_url_api_v1_photos_upload_url_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description Your own name for this photo: a repeat answers with the same photo and costs no quota. */
                readonly "Idempotency-Key"?: string | null;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UploadRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["UploadResponse"];
                };
            };
            /** @description `invalid_file_type`: This type of file is not taken in. `file_too_large`: The file is too large. `file_too_small`: The file is too small. `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. `project_access_denied`: No access to this project. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_conflict`: The Idempotency-Key was used before. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many uploads. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly request_upload_urls_api_v1_photos_upload_urls_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UploadBatchRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["UploadBatchResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `storage_unavailable`: Storage is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_policies_api_v1_policies_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PolicyResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly put_policies_api_v1_policies_put: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["PolicyRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PolicyResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly list_projects_api_v1_projects_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ProjectList"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly put_project_api_v1_projects__project_id__put: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly project_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ProjectRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ProjectResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. `project_access_denied`: No access to this project. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_many_projects`: The organization has as many projects as it may. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly get_webhook_api_v1_webhooks_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WebhookResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly put_webhook_api_v1_webhooks_put: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WebhookResponse"];
                };
            };
            /** @description `webhook_url_refused`: Webhooks are not sent to this URL. `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhooks_unavailable`: This installation sends no webhooks. */
            readonly 501: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly delete_webhook_api_v1_webhooks_delete: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly list_deliveries_api_v1_webhooks_deliveries_get: {
        readonly parameters: {
            readonly query?: {
                /** @description The last `id` of the page before. */
                readonly before?: number;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly retry_delivery_api_v1_webhooks_deliveries__id__retry_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeliveryResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook_disabled`: The webhook is disabled. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly rotate_secret_api_v1_webhooks_secret_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WebhookResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhooks_unavailable`: This installation sends no webhooks. */
            readonly 501: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly test_webhook_api_v1_webhooks_test_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeliveryResponse"];
                };
            };
            /** @description `malformed_http`: This is not well-formed HTTP. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: The access token is missing or not valid. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `insufficient_scope`: The access token lacks a scope. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: No such address. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_timeout`: The request took too long to arrive. */
            readonly 408: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook_disabled`: The webhook is disabled. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The request body is too large. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not well formed. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `headers_too_large`: The request headers are too large. */
            readonly 431: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Something went wrong here. */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`: The database is not available. `identity_unavailable`: Access tokens cannot be verified. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly healthz_healthz_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Alive"];
                };
            };
        };
    };
    readonly readyz_readyz_get: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Successful Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description The database is away or old. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    readonly photo_eventphoto_event_post: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["EventBody"];
            };
        };
        readonly responses: {
            /** @description Successful Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
}
