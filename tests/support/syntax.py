"""Python sources as trees."""

import ast
import gc
from pathlib import Path


def syntax(path: Path) -> ast.Module:
    # What the collector finds may be logged with a traceback, which parses as well: in the midst of another parse that
    # is an error of Python 3.11's own.
    gc.disable()
    try:
        return ast.parse(path.read_text())
    finally:
        gc.enable()
