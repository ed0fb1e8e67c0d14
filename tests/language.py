"""Check the language of texts, code, notebooks and tests: ``python tests/language.py [PATH ...]``.

Three checks, over the paths of :data:`CHECKED` or those that are named:

- codespell: spelling, and the banned words of ``words.txt`` with their replacements;
- the banned phrases of ``phrases.txt``, also if a line break is in them;
- names of variables and functions in ``names.txt``, which do not name what a value is.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[1]
CHECKED: Final = (
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml"),
    *("benchmarks", "binder", "campaign_live_widgets", "docs", "notebooks", "tests"),
    "voila_templates",
)
"""What is checked when nothing is named."""
SUFFIXES: Final = {".py", ".md", ".js", ".ts", ".css", ".ipynb", ".toml", ".j2", ".typ"}
SKIPPED: Final = {"node_modules", "generated", "__pycache__", "build"}
BREAK: Final = r"(?:\s+|\s*\n\s*(?:#|//|\*|--)?\s*)"
"""What may be between two words of a phrase."""


def main(named: list[str]) -> int:
    """Check *named* paths, by default :data:`CHECKED`; return the number of failed checks."""
    paths = list(files(named or CHECKED))
    problems = [*phrases(paths), *empty_names(paths)]
    print("\n".join(problems), end="\n" * bool(problems))
    spelling = subprocess.run(  # noqa: S603 - our own list of files
        [sys.executable, "-m", "codespell_lib", "--toml", ROOT / "pyproject.toml", *paths],
        cwd=ROOT,
        check=False,
    )
    print(f"{len(paths)} files checked, {len(problems)} phrases and names to replace")
    return bool(problems) + bool(spelling.returncode)


def files(named: Iterable[str]) -> Iterator[Path]:
    """Yield the files of texts and code at *named* paths, relative to the repository.

    Hidden folders are not ours: programs that tests need are unpacked there.
    """
    for name in named:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            relative = file.relative_to(ROOT)
            hidden = any(part.startswith(".") for part in relative.parts)
            if file.suffix in SUFFIXES and not hidden and not SKIPPED.intersection(relative.parts):
                yield relative


def phrases(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the banned phrases with their places and replacements."""
    lines = (ROOT / "tests" / "phrases.txt").read_text(encoding="utf-8").splitlines()
    banned = [line.split("->") for line in lines]
    for path in paths:
        text = (ROOT / path).read_text(encoding="utf-8")
        for phrase, replacement in banned:
            pattern = BREAK.join(map(re.escape, phrase.split()))
            for match in re.finditer(rf"\b{pattern}\b", text, re.IGNORECASE):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: {phrase} ==> {replacement}"


def empty_names(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the places where a banned name is given to a value or a function."""
    banned = set((ROOT / "tests" / "names.txt").read_text(encoding="utf-8").split())
    for path in paths:
        if path.suffix != ".py":
            continue
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        attributes = {
            id(entry.target)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for entry in node.body
            if isinstance(entry, ast.AnnAssign)
        }
        for node in ast.walk(tree):
            if id(node) in attributes:
                continue  # a name of data, such as the key "shown" of a layout file
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            elif isinstance(node, ast.arg):
                name = node.arg
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name
            else:
                continue
            if name.lower() in banned:
                yield f"{path}:{node.lineno}: name {name} ==> what the value is"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
