"""Mermaid diagrams as SVG, drawn when the site is built: all of them by one headless Chromium."""

import hashlib
import html
import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pymdownx.superfences import SuperFencesException

ROOT = Path(__file__).parents[1]
MERMAID = ROOT / "docsite" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
KEPT = ROOT / "build" / "diagrams"
CHROMIUM = "/usr/bin/chromium"
SECONDS = 240
FENCE = re.compile(r"(?ms)^( *)```mermaid\n(.*?)^ *```$")
THEMES = {"light": "neutral", "dark": "dark"}
# Labels are SVG's own text, which a reader's other font may widen but never cut off.
PAGE = """<!doctype html><meta charset="utf-8"><pre id="drawn"></pre><script src="{mermaid}"></script><script>
const flowchart = {{ htmlLabels: false }};
const settings = {{ startOnLoad: false, fontFamily: "sans-serif", htmlLabels: false, flowchart }};
(async () => {{
  const drawn = {{}};
  for (const [name, theme, source] of {work}) {{
    mermaid.initialize({{ ...settings, theme }});
    drawn[name] = (await mermaid.render(name, source)).svg;
  }}
  const shown = Object.assign(document.createElement("pre"), {{ id: "drawn", textContent: JSON.stringify(drawn) }});
  document.body.replaceChildren(shown);
}})();
</script>"""


def sources(markdown: str) -> Iterator[str]:
    for indent, source in FENCE.findall(markdown):
        yield re.sub(rf"(?m)^{indent}", "", source).strip()


def name_of(source: str, theme: str) -> str:
    """An SVG's id, too, which its own style sheet names."""
    return f"d{hashlib.sha256(source.encode()).hexdigest()[:16]}-{theme}"


def draw(all_sources: Iterable[str]) -> None:
    """Those that are not drawn yet. Raises where one cannot be."""
    wanted = [(name_of(source, theme), name, source) for source in all_sources for theme, name in THEMES.items()]
    work = [one for one in wanted if not kept(one[0]).exists()]
    if not work:
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    page = KEPT / "page.html"
    page.write_text(PAGE.format(mermaid=MERMAID.as_uri(), work=json.dumps(work).replace("<", "\\u003c")))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=30000", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=SECONDS, check=True)
    found = re.search(r'<pre id="drawn">({.*})</pre>', done.stdout, re.DOTALL)
    if not found:
        raise RuntimeError(f"Mermaid drew nothing, so one of the diagrams is wrong: open {page} in a browser.")
    for name, svg in json.loads(html.unescape(found[1])).items():
        kept(name).write_text(svg)


def kept(name: str) -> Path:
    return KEPT / f"{name}.svg"


def drawn(source: str, *_: Any, **__: Any) -> str:
    """What stands in the page for the block: both pictures, of which the style sheet shows one."""
    return "".join(picture(source.strip(), theme) for theme in THEMES)


def picture(source: str, theme: str) -> str:
    file = kept(name_of(source, theme))
    if not file.exists():
        raise SuperFencesException(f"A diagram was not drawn: {source[:80]}")
    svg = file.read_text()
    width = re.search(r"max-width: ([\d.]+px)", svg)
    style = f' style="--width: {width[1]}"' if width else ""
    return f'<div class="diagram {theme}" tabindex="0" role="img" aria-label="Diagram"{style}>{svg}</div>'
