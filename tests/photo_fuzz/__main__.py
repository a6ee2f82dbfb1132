"""Runs libFuzzer on the parser; its own options go on the command line, such as `-max_total_time=3600`."""

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("There is no atheris for this Python or this platform: it needs Linux on x86-64 and Python 3.11 to 3.13.")

with atheris.instrument_imports(include=["photodock"]):
    from photo_fuzz.target import examine

FOLDER = Path(__file__).parent
FOUND = Path("build/fuzz")  # inputs that reached something new, and those that broke something
CRASHES = FOUND / "crashes"
DEFAULTS = (
    "-max_total_time=900",
    "-max_len=8192",
    "-timeout=5",  # seconds for one input
    "-rss_limit_mb=1024",
    "-print_final_stats=1",
    f"-dict={FOLDER / 'tokens.dict'}",
    f"-artifact_prefix={CRASHES}/",
)

if __name__ == "__main__":
    CRASHES.mkdir(parents=True, exist_ok=True)
    options, folders = [], []
    for argument in sys.argv[1:]:
        (options if argument.startswith("-") else folders).append(argument)
    # Of options given twice libFuzzer takes the last; new inputs go to the first folder.
    atheris.Setup(["fuzz", *DEFAULTS, *options, *(folders or [str(FOUND), str(FOLDER / "corpus")])], examine)
    atheris.Fuzz()
