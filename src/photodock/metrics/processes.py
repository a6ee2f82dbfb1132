"""The folder in which the processes of one `serve` keep their figures together."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from photodock.metrics.exposition import FOLDER


@contextmanager
def shared_folder() -> Iterator[None]:
    """A private one, which processes that are started within the block find by the environment; gone afterwards.

    Not one that the environment names already: what another run left there would be counted again.
    """
    with tempfile.TemporaryDirectory(prefix="photodock-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
