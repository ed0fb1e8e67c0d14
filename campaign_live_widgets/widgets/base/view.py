"""A view: one way of drawing the rows of a tile. It is built once; updates change its data only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from ipywidgets import Widget

from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.report import Names, TileTable, row_names, table_of
from campaign_live_widgets.widgets.base.assets import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile

VIEWS: Final[dict[str, type[View]]] = {}
"""Every kind of view by name."""

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


class View(ABC):
    """Draw the rows of one tile.

    A kind of view is a subclass ``class Donut(View, kind="donut")``. It builds its widgets in
    :meth:`build`, and :meth:`state` returns the trait values that one of them, the *target*, has
    for a table; this class does the rest. The target also has a trait ``summary``, the sentence
    for screen readers.

    Parameters
    ----------
    tile : Tile
        What is shown.
    frame : TileTable or DataFrame
        Its rows, with the columns ``tile.columns``.
    locale : str
        ``"en"`` or ``"fr"``.
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns for the tile.
    time_zone : str
        IANA name of the zone in which times are labelled.
    unfinished : datetime, optional
        Start of the first bucket that is not over yet.

    Raises
    ------
    UsageError
        If the frame has other columns than the tile.
    """

    kind: ClassVar[str]
    widget: Widget

    def __init_subclass__(cls, *, kind: str, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if kind in VIEWS:
            message = f"view kind {kind!r} is already taken by {VIEWS[kind].__name__}."
            raise TypeError(message)
        cls.kind = kind
        VIEWS[kind] = cls

    def __init__(  # noqa: PLR0913 (all but two by name)
        self,
        tile: Tile,
        frame: TileTable | pd.DataFrame,
        *,
        locale: str = "en",
        names: Mapping[str, str] = _NO_NAMES,
        time_zone: str = "UTC",
        unfinished: datetime | None = None,
    ) -> None:
        self.tile = tile
        self.locale = locale
        self.time_zone = time_zone
        self.unfinished = unfinished
        self._opener: Callable[[str], object] | None = None
        self._shown = self._all(table_of(tile, frame), names)
        self._target, self.widget = self.build(self._shown)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the target's trait values, as :meth:`state` gave them, and its summary."""
        return self._shown

    @property
    def options(self) -> Mapping[str, Any]:
        """Return what the view's script needs besides the numbers: labels, colours, columns."""
        parts = (self.widget, *getattr(self.widget, "children", ()))
        return next(part.options for part in parts if part.has_trait("options"))

    @abstractmethod
    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the target's trait values for a table.

        They depend on the arguments, :attr:`tile`, :attr:`locale`, :attr:`time_zone` and
        :attr:`unfinished` alone: views of several pages share them.
        """

    @abstractmethod
    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the target, made with *state*, and the widget that holds it."""

    def update(
        self,
        frame: TileTable | pd.DataFrame,
        names: Mapping[str, str] = _NO_NAMES,
        unfinished: datetime | None = None,
    ) -> bool:
        """Show other rows in the same widgets, with one message, or none if it is equal.

        Returns
        -------
        bool
            Whether anything changed.
        """
        table = table_of(self.tile, frame)
        self.unfinished = unfinished
        state = self._all(table, names)
        if state is self._shown:
            return False
        changed = {k: v for k, v in state.items() if not _equal(v, self._shown[k])}
        if not changed:
            return False
        self._shown = state
        with self._target.hold_sync():
            for trait, value in changed.items():
                setattr(self._target, trait, value)
        return True

    def _all(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the state with its summary, which is sent in the same message.

        Pages that show the same numbers in the same way share one.
        """
        tile, locale, time_zone = self.tile, self.locale, self.time_zone

        def make() -> tuple[Tile, Mapping[str, str], dict[str, Any]]:
            sentence = summary(tile, table, locale=locale, names=names, time_zone=time_zone)
            return tile, names, {**self.state(table, names), "summary": sentence}

        if not isinstance(names, Names):  # it may change
            return make()[-1]
        # Tile and names are kept with the state, so that their ids remain theirs.
        key = type(self), id(tile), id(names), locale, time_zone, self.unfinished
        return table.once(key, make)[-1]

    def on_open(self, callback: Callable[[str], object]) -> None:
        """Call *callback* with a message's id when its name is clicked, if the view shows names."""
        self._opener = callback

    def close(self) -> None:
        """Close every widget of the view, in the page and in the kernel."""
        for widget in family(self.widget):
            widget.close()

    def labels(self, table: TileTable, names: Mapping[str, str]) -> list[str]:
        """Return the labels of the first column's values."""
        distinct_names = self.names(table, names)
        return [distinct_names[code] for code in table.codes()]

    def starts(self, table: TileTable, names: Mapping[str, str]) -> list[int]:
        """Return where each label differs from others that begin as it does; else 0."""
        distinct_names = self.names(table, names)
        return [distinct_names.differs_at(code) or 0 for code in table.codes()]

    def names(self, table: TileTable, names: Mapping[str, str]) -> Names:
        """Return what the first column's values are called."""
        return row_names(self.tile.columns[0], table.codes(), self.locale, names)


def _equal(one: object, other: object) -> bool:
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f"))
    return one == other


def family(widget: Widget) -> list[Widget]:
    """Return a widget and every widget that it holds: children, marks, scales, layouts.

    The library of scripts is not among them, since all widgets share it.
    """
    members: dict[int, Widget] = {}
    waiting = [widget]
    while waiting:
        member = waiting.pop()
        if id(member) not in members:
            members[id(member)] = member
            waiting += [w for name in member.keys for w in _held(getattr(member, name))]
    return list(members.values())


def _held(value: object) -> Iterator[Widget]:
    if isinstance(value, Widget):
        if not isinstance(value, Library):
            yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _held(item)
    elif isinstance(value, dict):
        yield from _held(list(value.values()))
