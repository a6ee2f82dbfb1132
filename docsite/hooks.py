"""What MkDocs calls: generated pages, pages of the repository outside docs/, and diagrams drawn before all else."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docsite import commands_page, decisions, diagrams, http_api_page, messages_page, outside, settings_page

ROOT = Path(__file__).parents[1]
GENERATED = {
    "adr/index.md": decisions.page,
    "reference/commands.md": commands_page.page,
    "reference/http-api.md": http_api_page.page,
    "reference/messages.md": messages_page.page,
    "reference/settings.md": settings_page.page,
}
STYLE = ROOT / "docsite" / "site.css"
WORKER = ROOT / "docsite" / "node_modules" / "iframe-worker" / "shim" / "index.js"
ASSETS = {"assets/site.css": STYLE, "assets/iframe-worker.js": WORKER}
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every decision has its place in the navigation without being listed there."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and "Decisions" in entry:
            entry["Decisions"] += [f"adr/{file.name}" for file in decisions.files()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, page in GENERATED.items():
        files.append(File.generated(config, name, content=page()))
    for name, content in outside.pages(named_in(config)).items():
        files.append(File.generated(config, name, content=content))
    for name, asset in ASSETS.items():
        files.append(File.generated(config, name, abs_src_path=str(asset)))
    texts = [file.content_string for file in files.documentation_pages()]
    diagrams.draw(source for text in texts for source in diagrams.sources(text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links are written for the repository; here they lead to where the site has what they name."""
    markdown = outside.BY_FILE.sub(lambda found: outside.by_title(page.file.src_uri, found[1]), markdown)
    return outside.LINK.sub(lambda found: outside.on_the_site(page.file.src_uri, found[0]), markdown)


def on_page_content(html: str, **_: Any) -> str:
    """A wide table is moved sideways by itself, and the page stays where it is; keys reach it too."""
    opening = '<div class="wide" tabindex="0" role="region" aria-label="Table">'
    return re.sub(r"<table>.*?</table>", lambda found: f"{opening}{found[0]}</div>", html, flags=re.DOTALL)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Nothing is fetched from elsewhere when the page is read."""
    if found := ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} would fetch {found[1]} when it is read.")
    return output


def named_in(config: MkDocsConfig) -> list[str]:
    """The pages from outside docs/ that the navigation itself names."""
    return re.findall(rf"'{outside.FOLDER}/([^']+)'", repr(config.nav))
