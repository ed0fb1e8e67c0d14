"""Notes on files, for *Data quality* and standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED: Final = 3
"""Files with the same remark up to which each is named."""
_ENDING: Final = 12
"""Characters of a file extension that are shown."""


def unread_files_note(others: Mapping[str, int]) -> Iterator[str]:
    """Yield a note of files that are ignored because of their extension, if there are any."""
    if others:
        endings = ", ".join(
            f"{ending[:_ENDING] or 'none'} ({count})"
            for ending, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))[:5]
        )
        total = sum(others.values())
        files = "1 file was" if total == 1 else f"{total} files were"
        yield (
            f"{files} not read, because neither name nor content is that of events: {endings}; "
            "supported: Parquet, CSV and NDJSON"
        )


def grouped(remarks: Mapping[str, str]) -> Iterator[str]:
    """Yield remarks on files, in one line where it is the same for many."""
    files: dict[str, list[str]] = {}
    for path, text in sorted(remarks.items()):
        files.setdefault(text, []).append(path)
    for text, paths in files.items():
        if len(paths) > _NAMED:
            yield f"{paths[0]} and {len(paths) - 1} more files: {text}"
        else:
            yield from (f"{path}: {text}" for path in paths)
