"""The files of rejected rows: many small ones become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.store.writer import rejects_path

if TYPE_CHECKING:
    from campaign_live_widgets.store.writer import Writer

_MANY: Final = 32
"""Files that are worth to be merged."""
_LARGE: Final = 10_000
"""Rows from which a file stays as it is."""


def merge_rejects(writer: Writer, *, everything: bool) -> None:
    """Merge the small files of rejected rows: where they are many or, if asked, *everything*.

    One that cannot be read, or holds no whole lines, stays as it is.
    """
    least = 2 if everything else _MANY
    with writer.locked() as state:
        small = {path: rows for path, rows in state.rejects.items() if rows < _LARGE}
        if len(small) < least:
            return
        found: dict[str, bytes] = {}
        for path in small:
            try:
                content = (writer.folder / path).read_bytes()
            except OSError:
                continue
            if content.endswith(b"\n"):
                found[path] = content
        if len(found) < least:
            return
        merged = rejects_path(state.number + 1, 0)
        writer.commit(
            moves={},
            removed=tuple(found),
            files={merged: b"".join(found.values())},
            rejects=((merged, sum(small[path] for path in found)),),
            compacts=True,
        )
