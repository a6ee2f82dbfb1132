"""One detection job, as a detector's author meets it."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from uuid import UUID

from photodock.consumer.failures import DetectionFailed, PhotoGone
from photodock.consumer.messages import trace_headers
from photodock.consumer.photodock import Photodock
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.values import JsonObject

MAX_CODE = 100
MAX_DETAIL = 2_000
"""Characters that photodock takes of a failure's code and detail."""


class Job:
    """`complete` or `fail` ends it, and only then its message leaves the queue.

    `async with job:` ends no loop: DetectionFailed is reported, PhotoGone ends the job, and after any other exception,
    which is logged, the job comes again. A handler's jobs are in such a block already.
    """

    def __init__(
        self,
        job: DetectionJob,
        receives: int,
        photodock: Photodock,
        settle: Callable[[], Awaitable[None]],
        tell: Callable[[Exception], None],
    ) -> None:
        self.photo_id: UUID = job.photo_id
        self.message_id: UUID = job.message_id
        """The same in every delivery of this job."""
        self.s3_url: str = job.s3_url
        """`s3://bucket/key`, for detectors with rights of their own on the bucket."""
        self.detection_types: tuple[str, ...] = job.detection_types
        self.priority: Priority = job.priority
        self.correlation_id: str = job.correlation_id
        """`X-Request-ID` of the request that confirmed the photo; the kit's own requests carry it."""
        self.traceparent: str | None = job.traceparent
        """W3C Trace Context, for requests of the detector's own; the kit's carry it."""
        self.trace_id: str | None = job.trace_id
        self.receives: int = receives
        """Deliveries so far, this one included."""
        self.reported: bool = False
        """Whether photodock has taken the result, or nobody waits for one any more."""
        self.failed: bool = False
        """Whether it comes again after an exception."""
        self._tell = tell
        self._headers = trace_headers(job)
        self._photodock = photodock
        self._settle = settle
        self._known: JsonObject | None = None

    def __repr__(self) -> str:
        return f"Job(photo_id={self.photo_id}, message_id={self.message_id}, receives={self.receives})"

    async def __aenter__(self) -> "Job":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        try:
            await self._judge(error)
        except Exception as failure:
            self.failed = True
            self._tell(failure)
        return True

    async def _judge(self, error: Exception) -> None:
        match error:
            case DetectionFailed() if not self.reported:
                await self.fail(error.code, error.detail)
            case PhotoGone() if not self.reported:
                await self.drop()
            case DetectionFailed() | PhotoGone():
                pass
            case _:
                raise error

    async def photo(self) -> JsonObject | None:
        """The photo as `GET /photos/{id}` shows it now; None when it was deleted. Raises PhotodockUnavailable."""
        self._known = await self._photodock.photo(self.photo_id, self._headers)
        return self._known

    async def download(self) -> bytes:
        """The photo's bytes. Leave the exceptions to the kit: it knows for each of them what becomes of the job.

        Raises PhotoGone, PhotodockUnavailable, and DetectionFailed for more than `max_photo_bytes`.
        """
        known, self._known = self._known, None
        return await self._photodock.download(self.photo_id, known, self._headers)

    async def complete(self, detections: JsonObject) -> bool:
        """Reports the result, at most 256 KB as JSON. False when nobody waits for it any more; both end the job.

        Raises PhotodockUnavailable, ReportRefused.
        """
        return await self._report({"status": "completed", "detections": detections})

    async def fail(self, code: str, detail: str = "") -> bool:
        """Reports that the photo itself is at fault; likewise. Longer texts are cut to what photodock takes."""
        error: JsonObject = {"code": code[:MAX_CODE], "detail": detail[:MAX_DETAIL]}
        return await self._report({"status": "failed", "error": error})

    async def started(self) -> bool:
        """Reports `processing`; the kit does it by itself. False: the photo is gone, or has another state by now."""
        return await self._photodock.report(self.photo_id, {"status": "processing"}, self._headers)

    async def drop(self) -> None:
        """Ends the job without a report: nobody waits for one."""
        self.reported = True
        await self._settle()

    async def _report(self, update: JsonObject) -> bool:
        if self.reported:
            raise RuntimeError("this job has been reported already")
        wanted = await self._photodock.report(self.photo_id, update, self._headers)
        await self.drop()
        return wanted
