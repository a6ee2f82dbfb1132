"""How a job can fail, by what follows from it.

ConsumerError
├── DetectionFailed        the photo itself is at fault: reported as `failed`, and done
├── PhotoGone              deleted, or its result is there already: nobody waits, and done
├── PhotodockUnavailable   photodock or its storage is away or refuses us: comes again later
├── ReportRefused          photodock does not take this report: comes again, at last to the dead-letter queue
└── MalformedJob           no job at all: likewise

No text of theirs holds a URL.
"""


class ConsumerError(Exception):
    pass


class DetectionFailed(ConsumerError):
    """Raise it for a photo of which another attempt would make no more. `code` names the reason for programs, in at
    most 100 characters; `detail` is a sentence."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class PhotoGone(ConsumerError):
    pass


class PhotodockUnavailable(ConsumerError):
    pass


class ReportRefused(ConsumerError):
    pass


class MalformedJob(ConsumerError):
    pass
