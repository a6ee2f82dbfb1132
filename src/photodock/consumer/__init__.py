"""The kit for those who write detectors: takes jobs from the queue, whichever broker, and reports their results.

    from photodock.consumer import run

    async def detect(job):
        photo = await job.download()
        return {"damage": find_damage(photo)}

    run(detect, QUEUE_URL, photodock_url=PHOTODOCK_URL, token=TOKEN)

docs/consumer.md explains the rest.
"""

from photodock.consumer.done import DoneIds, RecentIds
from photodock.consumer.failures import ConsumerError, DetectionFailed, PhotodockUnavailable, PhotoGone, ReportRefused
from photodock.consumer.job import Job
from photodock.consumer.options import ConsumerOptions
from photodock.consumer.start import Handler, consume, jobs, run

__all__ = [
    "ConsumerError",
    "ConsumerOptions",
    "DetectionFailed",
    "DoneIds",
    "Handler",
    "Job",
    "PhotoGone",
    "PhotodockUnavailable",
    "RecentIds",
    "ReportRefused",
    "consume",
    "jobs",
    "run",
]
