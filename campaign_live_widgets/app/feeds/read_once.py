"""A source read once, as whoever asks for it names it: by itself or as ``env:NAME``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.app.settings.secret_reference import (
    hidden_health,
    is_reference,
    resolve,
    told_as,
)
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.sources.tables.address import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.engine.pushdown.rollup import RemoteRollup
    from campaign_live_widgets.snapshot import Health, Window


@dataclass(frozen=True, slots=True)
class Opened:
    """The rollup of a source, and what the source is called where that is not its path."""

    rollup: Rollup | RemoteRollup
    name: str | None

    @property
    def health(self) -> Health:
        """Return what became of the source's rows, with nothing in it that a reference hides."""
        return hidden_health(self.rollup.health, self.name, self.rollup.location)


@contextmanager
def opened(
    named: str, campaign: str | None = None, *, window: Window | None = None
) -> Iterator[Opened]:
    """Read a source once, for the length of a ``with`` block; errors call it as it is named.

    Parameters
    ----------
    named : str
        A file, a folder, a glob, a database's address, or ``env:NAME``.
    campaign, window
        As for :class:`~campaign_live_widgets.engine.Rollup`.

    Raises
    ------
    UsageError
        Where the reference is to nothing.
    SourceError
        Where the source cannot be read.
    """
    source, name = resolve(named), named if is_reference(named) else None
    with told_as(name, locate(source)):
        rollup = new_rollup(source, campaign, follow=False, window=window)
        try:
            rollup.refresh()
            yield Opened(rollup, name)
        finally:
            rollup.close()
