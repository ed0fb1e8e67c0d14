"""Build the documentation site and check it: ``python docs/build.py [FOLDER]``.

Warnings of Sphinx are errors. In the finished pages every internal link, anchor, picture, script
and style sheet has to exist, and nothing may be loaded from another host. No network is used.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).parent
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""Elements that a browser loads without a click."""
FOREIGN = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*")
"""A style sheet's address on another host."""


class Page(HTMLParser):
    """The anchors of a page, its links, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that name or address something."""
        given = {name: value for name, value in attrs if value}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag in LOADED and LOADED[tag] in given:
            self.loads.add(given[LOADED[tag]])


def main(target: Path) -> int:
    """Build the site into *target*; return 1 if Sphinx warns or a link is broken, else 0."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html"]
    if subprocess.run([*command, DOCS, target], check=False).returncode:  # noqa: S603
        return 1
    problems, links = check(target)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{target / 'index.html'}: {links} internal links, {len(problems)} broken")
    return 1 if problems else 0


def check(site: Path) -> tuple[list[str], int]:
    """Return what is wrong with the links of a built site, and how many there are."""
    html = (path for path in site.rglob("*.html") if path.parent != site / "_static")
    pages = {path: Page(path) for path in sorted(html)}
    links = 0
    problems = [
        f"{path.relative_to(site)}: loads {address}"
        for path in site.rglob("*.css")
        for address in FOREIGN.findall(path.read_text(encoding="utf-8"))
    ]
    for path, page in pages.items():
        for link in sorted(page.links | page.loads):
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                if link in page.loads:
                    problems.append(f"{path.relative_to(site)}: loads {link} from another host")
                continue
            links += 1
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not goal.is_file():
                problems.append(f"{path.relative_to(site)}: no file {link}")
            elif anchor and goal in pages and anchor not in pages[goal].anchors:
                problems.append(f"{path.relative_to(site)}: no anchor {link}")
    return problems, links


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:2] or [DOCS.parent / "build" / "docs"]).resolve()))
