"""Globs of a mapping, on paths below the source."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """Return a glob as a regular expression of whole paths, with ``/`` between their parts.

    ``*`` and ``?`` are characters within a part, ``**`` for any. A glob without ``/`` is
    about the name of a file, in whatever folder.
    """
    if "/" not in glob:
        glob = f"**/{glob}"
    parts, at = [], 0
    while at < len(glob):
        if glob.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            parts.append(".*")
            at += 2
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(glob[at], re.escape(glob[at])))
            at += 1
    return re.compile("".join(parts), re.DOTALL)


def fits(path: str, globs: tuple[str, ...]) -> bool:
    """Return whether a path fits one of some globs."""
    return any(glob_pattern(glob).fullmatch(path) for glob in globs)
