"""Pages of the site that the product makes: sample snapshot, run notebooks, gallery, metrics.

Everything is written below ``docs/generated``, which is not committed, before Sphinx reads its
sources. No network is used.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import HasTraits

from campaign_live_widgets import StaticReport
from campaign_live_widgets.app.demo.story import PROVIDERS_FILE
from campaign_live_widgets.catalog import (
    METRICS,
    TABS,
    TILES,
    column_label,
    meaning,
    notes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from campaign_live_widgets.catalog import Tile

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
NOTEBOOKS = ROOT / "notebooks"
SAMPLES = NOTEBOOKS / "samples"
GENERATED = DOCS / "generated"
CAMPAIGN = "autumn-sale-2026"
AT = "2026-11-20T12:12:00Z"
SCOPE = {
    "source": "samples",
    "campaign": CAMPAIGN,
    "at": AT,
    "providers": os.path.relpath(PROVIDERS_FILE, NOTEBOOKS),
}
PARAMETERS: dict[str, dict[str, str]] = {
    "first_tour": {},
    "campaign_live_report": {**SCOPE, "live": "False"},
    "campaign_snapshot": {**SCOPE},
    "email_detail": {**SCOPE, "message": "email-autumn-offer"},
    "push_detail": {**SCOPE, "message": "push-doors-open"},
    "compare_campaigns": {**SCOPE, "other": CAMPAIGN, "other_at": "2026-11-20T10:00:00Z"},
}
"""What each notebook is run with."""
DOCUMENTS = {
    "architecture": "ARCHITECTURE.md",
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "benchmarks": "benchmarks/README.md",
}
"""Documents outside of ``docs``, by the name of their page."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
MARKDOWN = str.maketrans({c: f"\\{c}" for c in r"\`*_{}[]<>|$"})
VIEWS = {
    "kpi": "key figures",
    "donut": "donut",
    "bars": "bars",
    "lines": "lines",
    "table": "table",
    "intervals": "intervals",
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the pages before Sphinx checks its configuration and looks for sources."""
    app.connect("config-inited", lambda _app, _config: make(), priority=100)
    app.connect("source-read", relink)
    app.connect("autodoc-process-signature", signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def make() -> None:
    """Write all generated pages."""
    shutil.rmtree(GENERATED, ignore_errors=True)
    pictures = GENERATED / "offline" / "sample"
    pages = GENERATED / "notebooks"
    pages.mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=3) as pool:
        runs = [pool.submit(run_notebook, name, pages) for name in PARAMETERS]
        report = StaticReport(SAMPLES, CAMPAIGN, at=AT, providers=PROVIDERS_FILE)
        with redirect_stdout(None):  # the names of the files
            report.save(pictures, ("html", "csv", "svg", "pdf"))
        (GENERATED / "gallery.md").write_text("\n".join(gallery(pictures)), encoding="utf-8")
        (GENERATED / "metrics.md").write_text("\n".join(metrics()), encoding="utf-8")
        for name, path in DOCUMENTS.items():
            (GENERATED / f"{name}.md").write_text(document(path), encoding="utf-8")
        for run in runs:
            run.result()


def signature(
    _app: Sphinx, what: str, _name: str, documented: object, _options: object, *_texts: str | None
) -> tuple[str, str | None] | None:
    """Return the signature of a widget's own ``__init__``; traitlets hides it."""
    if what != "class" or not issubclass(documented, HasTraits):
        return None
    parameters = [*inspect.signature(documented.__init__).parameters.values()][1:]
    plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
    return str(inspect.Signature(plain)), None


def relink(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Have links of a page of ``docs`` to documents outside of it lead to their pages."""
    for name, path in DOCUMENTS.items():
        source[0] = source[0].replace(f"](../{path}", f"](generated/{name}.md")


def document(path: str) -> str:
    """Return a document of the repository with its links as they are on the site.

    A link to a page of ``docs`` or to another of these documents stays a link; one to a file
    that is not on the site becomes its text.
    """
    pages = {target: f"{name}.md" for name, target in DOCUMENTS.items()}

    def link(match: re.Match[str]) -> str:
        text, target = match.groups()
        file, mark, part = target.partition("#")
        if "://" in target or not file:
            return match[0]
        if (ROOT / path).parent.joinpath(file).resolve().is_relative_to(DOCS):
            return f"[{text}](../{file.removeprefix('docs/')}{mark}{part})"
        return f"[{text}]({pages[file]}{mark}{part})" if file in pages else text

    return LINK.sub(link, (ROOT / path).read_text(encoding="utf-8"))


def run_notebook(name: str, folder: Path) -> None:
    """Run one notebook on the samples with Papermill."""
    target = folder / f"{name}.ipynb"
    command = [sys.executable, "-m", "papermill", f"{name}.ipynb", target, "--no-progress-bar"]
    for parameter, value in PARAMETERS[name].items():
        command += ["-p" if value == "False" else "-r", parameter, value]
    done = subprocess.run(  # noqa: S603 - our own notebook
        command, cwd=NOTEBOOKS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"notebook {name} failed:\n{done.stderr}"
        raise RuntimeError(message)


def gallery(pictures: Path) -> Iterator[str]:
    """Yield the lines of the gallery: each tile's picture and its entry in the catalogue."""
    yield "# Gallery of tiles\n"
    yield (
        f"All {len(TILES)} tiles, drawn from the [sample campaign](../example.md). Pictures, "
        "columns and definitions are made from the catalogue when this page is built.\n"
    )
    yield "| tile | title | rows | views |\n|---|---|---|---|"
    for tile in TILES.values():
        rows = column_label(tile.by) if tile.by else "metric"
        views = ", ".join(VIEWS.get(kind, kind) for kind in tile.kinds)
        yield f"| [`{tile.id}`](#{anchor(tile)}) | {plain(tile.title())} | {rows} | {views} |"
    for tab, title in TABS.items():
        yield f"\n## {title()}\n"
        for tile in TILES.values():
            if tile.tab == tab:
                yield from section(tile, pictures)


def section(tile: Tile, pictures: Path) -> Iterator[str]:
    """Yield the lines of one tile."""
    english, french = tile.title("en"), tile.title("fr")
    yield f"({anchor(tile)})=\n### {plain(english)}\n"
    yield f"`{tile.id}` · in French: *{plain(french)}*\n"
    picture = pictures / "pictures" / f"{tile.id}.svg"
    if picture.is_file():
        yield f"![{plain(english)}](offline/sample/pictures/{tile.id}.svg)\n"
    else:
        yield f"```{{raw}} html\n<div class='tile-picture'>{drawn(tile)}</div>\n```\n"
    yield "| column | label | definition | counted as | rate |\n|---|---|---|---|---|"
    if tile.by:
        yield f"| `{tile.by}` | {plain(column_label(tile.by))} | rows of the tile | | |"
    for name in tile.metrics:
        known = meaning(name)
        link = f"[{plain(known.label)}](#metric-{name.replace('_', '-')})"
        divisor = dict(tile.rates).get(name, METRICS[name].rate_of)
        rate = f"{known.label} ÷ {meaning(divisor).label}" if divisor else ""
        cells = (known.definition, known.formula, rate)
        yield f"| `{name}` | {link} | {' | '.join(map(plain, cells))} |"
    facts = [*notes(tile)]
    if tile.listed:
        facts.append(f"Always listed, also at zero: {', '.join(tile.listed)}.")
    if not tile.by:
        facts.append(f"Columns of its frame: {', '.join(tile.columns)}; a row for each metric.")
    yield "\n" + "\n".join(f"- {plain(fact)}" for fact in facts) + "\n"


def drawn(tile: Tile) -> str:
    """Return a tile without a chart as the static HTML that notebooks show."""
    others = [t.id for t in TILES.values() if t.tab == tile.tab and t is not tile]
    tiles: list[dict[str, Any]] = [{"id": tile.id, "rows": 6, "columns": 12}]
    tiles += [{"id": i, "rows": 6, "columns": 12, "shown": False} for i in others]
    layout = {
        "format": "campaign-live-layout",
        "version": 1,
        "tabs": {tile.tab: {"tiles": tiles}},
    }
    report = StaticReport(SAMPLES, CAMPAIGN, at=AT, providers=PROVIDERS_FILE, layout=layout)
    return str(report.tab(tile.tab)._repr_mimebundle_()["text/html"]).replace("\n", " ")


def metrics() -> Iterator[str]:
    """Yield the lines of the reference of metrics, in both languages."""
    yield "# Metrics\n"
    yield (
        "Every number of the report, in both languages. Made from the catalogue "
        "(`campaign_live_widgets.catalog`) when this page is built.\n"
    )
    for name in METRICS:
        english, french = meaning(name, "en"), meaning(name, "fr")
        yield f"(metric-{name.replace('_', '-')})=\n## {plain(english.label)}\n"
        yield f"`{name}` · in French: *{plain(french.label)}*\n"
        yield f"{plain(english.definition)}\n"
        yield f"*{plain(french.definition)}*\n"
        yield f"- Counted as: {plain(english.formula)}"
        yield f"- Rate: {plain(english.rate) or 'none'}"
        used = [tile for tile in TILES.values() if name in tile.metrics]
        links = ", ".join(f"[{plain(t.title())} (`{t.id}`)](#{anchor(t)})" for t in used)
        yield f"- In the tiles: {links or 'none'}\n"


def anchor(tile: Tile) -> str:
    """Return the anchor of a tile's section."""
    return tile.id.replace(".", "-").replace("_", "-")


def plain(text: str) -> str:
    """Return text with nothing in it that Markdown would read as markup."""
    return escape(text, quote=False).translate(MARKDOWN) if text else ""
