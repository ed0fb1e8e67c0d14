"""The package's ES modules: what they import, and the text that a browser gets of them.

Scripts are plain ES modules beside the Python that uses them and import one another by
relative path, so that editors, linters and type checkers can follow them. No bundler is needed:
a live page gets each module once (see ``widgets``), a saved page gets one script.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKAGE: Final = __name__.partition(".")[0]
_SPECIFIER: Final = re.compile(
    r"""
    (?P<keyword> \bfrom\s+ | \bimport\s*\(\s* )
    "(?P<path> \.{1,2}/[^"]+ )"
    (?: \s+ with\s*\{\s*type:\s*"json"\s*\} )?
    """,
    re.VERBOSE,
)
"""The module that an ``import`` statement or an ``import()`` call names."""
_IMPORT: Final = re.compile(r'^import\s[^"]*"[^"]+"[^;]*;\n', re.MULTILINE)
_COMMENT: Final = re.compile(r"^ *(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)\n", re.MULTILINE | re.DOTALL)
"""A comment that fills whole lines; it is not sent to browsers."""
_EXPORT: Final = re.compile(
    r"^export (?=const |let |class |function |async function )", re.MULTILINE
)


@cache
def read(path: str) -> str:
    """Return a file of the package; empty if there is none.

    Parameters
    ----------
    path : str
        Relative to the package, such as ``"dashboard/header.js"``.
    """
    file = files(_PACKAGE).joinpath(path)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def modules(entries: Iterable[str], prefix: str) -> dict[str, str]:
    """Return the sources of modules and of everything that they import, dependencies first.

    Parameters
    ----------
    entries : iterable of str
        Paths of modules, relative to the package.
    prefix : str
        What imports name in place of a relative path: this and the path in the package.

    Returns
    -------
    dict of str to str
        Path → source. A JSON file is a module that exports its value.

    Raises
    ------
    FileNotFoundError
        If a module does not exist.
    """
    sources: dict[str, str] = {}

    def add(path: str) -> None:
        if path in sources:
            return
        for imported in _imports(path):
            add(imported)
        sources[path] = _SPECIFIER.sub(
            lambda match: f'{match["keyword"]}"{prefix}{_resolve(path, match["path"])}"',
            _module(path),
        )

    for entry in entries:
        add(entry)
    return sources


def one_script(entry: str) -> str:
    """Return a module and what it imports as one script, which needs no loader.

    Top-level names must differ between its modules, and an import may not rename what it imports.
    The value of a JSON file gets the file's name.
    """
    parts = []
    for path in modules([entry], prefix=""):
        if path.endswith(".json"):
            name = posixpath.basename(path).removesuffix(".json")
            parts.append(f"const {name} = {read(path).strip()};\n")
        else:
            parts.append(_EXPORT.sub("", _IMPORT.sub("", _module(path))))
    return f'(() => {{\n"use strict";\n{"".join(parts)}}})();'


def _module(path: str) -> str:
    source = read(path)
    if not source:
        raise FileNotFoundError(path)
    if path.endswith(".json"):
        return f"export default {source.strip()};"
    return _COMMENT.sub("", source)


def _imports(path: str) -> list[str]:
    if path.endswith(".json"):
        return []
    return [_resolve(path, match["path"]) for match in _SPECIFIER.finditer(_module(path))]


def _resolve(path: str, specifier: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
