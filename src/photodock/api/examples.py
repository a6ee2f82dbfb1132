"""Answers as OpenAPI shows them: one photo's way."""

import json

from pydantic.config import JsonDict

_PHOTO_ID = "01a2045d-e729-75a1-a237-622d7a224704"
_PROJECT_ID = "01a2045b-274e-7317-adc7-c28d689c5d95"
_OBJECT = f"https://companycam-photos-production.s3.eu-central-1.amazonaws.com/{_PROJECT_ID}/2026/11/22/{_PHOTO_ID}.jpg"
_SIGNATURE = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Signature=…"

UPLOAD: JsonDict = {
    "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
    "photo_id": _PHOTO_ID,
    "upload_url": f"{_OBJECT}?{_SIGNATURE}",
    "method": "PUT",
    "headers": {"Content-Type": "image/jpeg", "If-None-Match": "*"},
    "s3_url": _OBJECT,
    "status_url": f"/api/v1/photos/{_PHOTO_ID}",
    "expires_in_seconds": 900,
    "expires_at": "2026-11-22T18:01:32Z",
}

EXIF: JsonDict = {
    "camera_make": "Apple",
    "camera_model": "iPhone 13 mini",
    "captured_at": "2026-11-22T18:44:10.25",
    "captured_at_offset": "+01:00",
    "orientation": 6,
    "gps_coordinates": {"latitude": 52.5163, "longitude": 13.3777, "altitude_m": 47.59},
    "iso": 100,
    "f_number": 1.6,
}

PHOTO: JsonDict = {
    "id": _PHOTO_ID,
    "project_id": _PROJECT_ID,
    "upload_id": "80b5718d-fa41-4620-a34d-9287dc278da3",
    "file_name": "north-roof.jpg",
    "mime_type": "image/jpeg",
    "file_size": 3_482_113,
    "checksum_sha256": None,
    "width": 4032,
    "height": 3024,
    "status": "completed",
    "s3_url": _OBJECT,
    "download_url": f"{_OBJECT}?{_SIGNATURE}",
    "renditions": [
        {
            "name": name,
            "width": width,
            "height": height,
            "mime_type": "image/webp",
            "file_size": file_size,
            "url": f"{_OBJECT.removesuffix('.jpg')}.{name}.webp?{_SIGNATURE}",
        }
        for name, width, height, file_size in (("preview", 1600, 1200, 212_380), ("thumbnail", 320, 240, 11_614))
    ],
    "thumbhash": "HxgKDISfVpaXiYdod4d3iPCkBI43",
    "exif_data": EXIF,
    "client_metadata": {"latitude": 52.5163, "longitude": 13.3777, "accuracy_m": 8.0},
    "detection": {
        "types": ["damage", "material"],
        "priority": "normal",
        "status": "completed",
        "results": {"damage": [{"label": "hail", "score": 0.93, "box": [120, 80, 260, 190]}]},
        "error": None,
    },
    "error": None,
    "created_at": "2026-11-22T17:46:32.617507Z",
    "uploaded_at": "2026-11-22T17:46:33.986509Z",
    "processing_at": "2026-11-22T17:46:34.770249Z",
    "completed_at": "2026-11-22T17:46:35.163478Z",
    "failed_at": None,
    "status_url": f"/api/v1/photos/{_PHOTO_ID}",
}

HISTORY: JsonDict = {
    "items": [
        {"from": None, "to": "pending_upload", "at": "2026-11-22T17:46:32.617507Z", "actor": "anna", "reason": None},
        {
            "from": "pending_upload",
            "to": "uploaded",
            "at": "2026-11-22T17:46:33.989845Z",
            "actor": "anna",
            "reason": "upload confirmed",
        },
    ]
}

ITEM_PROBLEM: JsonDict = {
    "error": {
        "type": "urn:photodock:problem:photo_not_found",
        "title": "No such photo",
        "status": 404,
        "code": "photo_not_found",
        "detail": "There is no such photo, or it belongs to another organization.",
        "correlation_id": "0d1c3b5e7f9a4c2e8b6d4f2a1c3e5b7d",
    }
}

PROJECTS: JsonDict = {"items": [{"id": _PROJECT_ID, "name": "Roofs of Main Street"}]}

_CHECKSUM = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
EXISTS_REQUEST: JsonDict = {
    "project_id": _PROJECT_ID,
    "checksums": [_CHECKSUM, "Di3ug8RiMqpq45acglv+oHjgawNsgi1R+dUJ6LmLuz4="],
}
EXISTS: JsonDict = {"items": [{"checksum_sha256": _CHECKSUM, "photo_id": _PHOTO_ID, "status": "completed"}]}

MULTIPART: JsonDict = {
    "photo_id": _PHOTO_ID,
    "part_size": 5_242_880,
    "part_count": 4,
    "part_checksums": False,
    "expires_in_seconds": 605_700,
    "expires_at": "2026-11-29T18:01:32Z",
}
_ETAG = "79b281060d337b9b2b84ccf390adcf74"
PARTS: JsonDict = {
    "items": [
        {
            "part_number": 2,
            "size": 5_242_880,
            "upload_url": f"{_OBJECT}?partNumber=2&uploadId=…&{_SIGNATURE}",
            "method": "PUT",
            "headers": {},
            "expires_in_seconds": 900,
            "expires_at": "2026-11-22T18:01:32Z",
        }
    ],
    "uploaded": [{"part_number": 1, "size": 5_242_880, "etag": _ETAG}],
}
COMPLETE: JsonDict = {"parts": [{"part_number": 1, "etag": _ETAG}]}
_COMPLETED: JsonDict = {
    "type": "photo.completed",
    "photo_id": _PHOTO_ID,
    "project_id": _PROJECT_ID,
    "status": "completed",
    "at": "2026-11-22T17:46:35.163478Z",
}
EVENTS = f"""retry: 2741

: here
id: 9mJp3mX1hB0o5b1pV0t9S7mJ2m6qkq2Qe7uG8p1i3lq0i4m8pJ5l1a0R6w2cT9xY

id: Qe7uG8p1i3lq0i4m8pJ5l1a0R6w2cT9xY9mJp3mX1hB0o5b1pV0t9S7mJ2m6qkq2
event: photo
data: {json.dumps(_COMPLETED)}

"""
