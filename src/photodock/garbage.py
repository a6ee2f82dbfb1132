"""Python's garbage collector in a process that serves for long."""

import gc

THRESHOLDS = (10_000, 20, 50)
"""New objects between two runs over the youngest, whose own choice is 700; and runs between two over older ones."""

WHILE_LOADING = 50_000
"""The same, before anything is served."""


def spare_loading() -> None:
    """Modules, models and routes are made to stay: looking through them again and again takes 7 % of a start."""
    gc.set_threshold(WHILE_LOADING, *THRESHOLDS[1:])


def collect_rarely() -> None:
    """What a request or a photo makes is mostly gone without the collector; what stays (code, models, the SDK's
    descriptions) is much to look through for nothing, and is taken out of its sight."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
