"""How events are counted: one pass over what is new, merged into small additive cubes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.answers import Answers
from campaign_live_widgets.engine.rollup import Rollup
from campaign_live_widgets.sources.database import Database, is_database, locate

if TYPE_CHECKING:
    from campaign_live_widgets.engine.remote import RemoteRollup
    from campaign_live_widgets.snapshot import Window

__all__ = ["Answers", "Rollup", "open_rollup", "require_readable", "rollup_of"]


def rollup_of(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
) -> Rollup | RemoteRollup:
    """Return the rollup of a source, not read yet: of files, or of a database that counts."""
    text = os.fspath(source)
    if is_database(text):
        from campaign_live_widgets.engine.remote import RemoteRollup  # noqa: PLC0415 - for few

        return RemoteRollup(text, campaign, follow=follow, window=window)
    return Rollup(source, campaign, follow=follow, window=window)


def open_rollup(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
) -> Rollup | RemoteRollup:
    """Open a source, read it and return its rollup; see :class:`Rollup`."""
    rollup = rollup_of(source, campaign, follow=follow, window=window)
    rollup.refresh()
    return rollup


def require_readable(source: str | os.PathLike[str]) -> None:
    """Raise :class:`SourceError` where there is nothing at a source, before it is read."""
    place = locate(source)
    if isinstance(place, Database):
        from campaign_live_widgets.engine.connection import connect  # noqa: PLC0415 - for few

        connect(place).close()
    else:
        place.files()
