"""Merge many small files of rejected rows into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.store.folder import are_rejects_intact, rejects_path

if TYPE_CHECKING:
    from campaign_live_widgets.store.writer import Writer

_MIN_FILES: Final = 32
"""Files that are worth a merge."""
_LARGE: Final = 10_000
"""Rows from which a file is not merged."""


def merge_rejects(writer: Writer, *, everything: bool) -> None:
    """Merge the small files of rejected rows, if they are many or *everything* is to be merged.

    A file that is damaged, or does not end with a whole line, is not merged.
    """
    min_files = 2 if everything else _MIN_FILES
    with writer.locked() as state:
        small = {path: rows for path, rows in state.rejects.items() if rows < _LARGE}
        if len(small) < min_files:
            return
        contents: dict[str, bytes] = {}
        for path in small:
            try:
                content = (writer.folder / path).read_bytes()
            except OSError:
                continue
            if content.endswith(b"\n") and are_rejects_intact(path, content):
                contents[path] = content
        if len(contents) < min_files:
            return
        content = b"".join(contents.values())
        merged = rejects_path(state.number + 1, 0, content)
        writer.commit(
            moves={},
            removed=tuple(contents),
            files={merged: content},
            rejects=((merged, sum(small[path] for path in contents)),),
            compacts=True,
        )
