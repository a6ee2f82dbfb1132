"""The list of architecture decision records."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "adr"


def files() -> list[Path]:
    return sorted(FOLDER.glob("[0-9]*.md"))


def page() -> str:
    lines = [f"- [{title(file)}]({file.name})" for file in files()]
    opening = (
        "Why photodock is as it is: each hard choice with its context, the alternatives, and what follows from it."
    )
    return "\n".join(["# Decisions", "", opening, "", *lines, ""])


def title(file: Path) -> str:
    return file.read_text().splitlines()[0].removeprefix("# ")
