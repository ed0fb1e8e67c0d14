"""The parts of a campaign that can be chosen: each message in each of its executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.snapshot import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Selection

_KEPT: Final = 16


class Part(NamedTuple):
    """The events of one message in one execution; ``None`` where they name none."""

    message: str
    execution: str | None

    def is_in(self, selection: Selection) -> bool:
        """Tell whether the selection takes it in."""
        return (not selection.messages or self.message in selection.messages) and (
            not selection.executions or self.execution in selection.executions
        )


class Chosen(NamedTuple):
    """A selection, and for each part by its number whether it is taken in (``None``: all are)."""

    selection: Selection
    mask: NDArray[np.bool_] | None


EVERYTHING: Final = Chosen(ALL, None)


class Parts:
    """The parts met so far, numbered in that order."""

    def __init__(self) -> None:
        self._numbers: dict[Part, int] = {}
        self._chosen: dict[Selection, NDArray[np.bool_]] = {}

    def numbers(self, parts: Iterable[Part]) -> NDArray[np.int32]:
        """Return the numbers of parts; those that are new get one."""
        known = self._numbers
        return np.array([known.setdefault(part, len(known)) for part in parts], dtype=np.int32)

    def choose(self, selection: Selection) -> Chosen:
        """Return what the selection takes in; one that leaves nothing out is the whole."""
        if selection == ALL:
            return EVERYTHING
        mask = self._chosen.pop(selection, np.empty(0, dtype=bool))
        if len(mask) < len(self._numbers):
            met = list(self._numbers)[len(mask) :]
            mask = np.append(mask, np.array([part.is_in(selection) for part in met], dtype=bool))
        self._chosen[selection] = mask
        if len(self._chosen) > _KEPT:
            del self._chosen[next(iter(self._chosen))]
        return EVERYTHING if mask.all() else Chosen(selection, mask)
