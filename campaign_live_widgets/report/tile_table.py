"""The rows of one tile, column by column: what views, charts, tables and files are made from."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from math import isnan
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from campaign_live_widgets.catalog import WHOLE
from campaign_live_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from campaign_live_widgets.catalog import Tile

    Column = tuple[Any, ...] | NDArray[Any]

T = TypeVar("T")

ROWS_SHOWN: Final = 200
"""Rows of a tile that a page or a file for people shows; JSON and CSV have all."""
_MOST_DERIVED: Final = 64
"""Number of derived values that a table keeps: views, languages and time zones of its readers."""


class TileTable:
    """The rows of one tile. It never changes, so that the pages of a process share it.

    Parameters
    ----------
    data : mapping of name to column
        In the order of ``tile.columns``: texts as a tuple, ``None`` where there is none; times,
        such as the starts of buckets, as an array of ``datetime64[us]`` in UTC; counts as
        ``int64``, or as ``float64`` where some are unknown (NaN); ratios as ``float64``, NaN where
        they divide by 0.
    whole : collection of str
        Columns of ``float64`` whose numbers are whole ones.
    """

    __slots__ = ("_data", "_derived", "_lock", "_whole", "columns")

    def __init__(self, data: Mapping[str, Column], whole: Collection[str] = ()) -> None:
        self._data = dict(data)
        self._whole = frozenset(whole)
        self._derived: dict[Hashable, Any] = {}
        self._lock = RLock()
        self.columns: tuple[str, ...] = tuple(self._data)
        """The names of the columns, in order."""

    @classmethod
    def of(cls, frame: TileTable | pd.DataFrame, whole: Collection[str] = ()) -> TileTable:
        """Return a table, or the one with the rows of a DataFrame, where *whole* is of use."""
        return frame if isinstance(frame, TileTable) else cls(_columns(frame), whole)

    def __len__(self) -> int:
        return len(self._data[self.columns[0]]) if self.columns else 0

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __getitem__(self, name: str) -> Column:
        return self._data[name]

    def codes(self) -> list[str]:
        """Return the values of the first column as text."""
        return [str(value) for value in self._data[self.columns[0]]]

    def is_text(self, name: str) -> bool:
        """Return whether the cells of a column are texts."""
        return isinstance(self._data[name], tuple)

    def moments(self) -> list[datetime]:
        """Return the starts of the buckets, in UTC."""
        starts = np.asarray(self._data["bucket"], dtype="datetime64[us]")
        return list(_moments(starts.tobytes()))

    def values(self, name: str) -> list[Any]:
        """Return a column as Python values: text, numbers (NaN where unknown), or times in UTC."""
        if name == "bucket":
            return self.moments()
        column = self._data[name]
        if isinstance(column, tuple):
            return list(column)
        if name in self._whole and column.dtype.kind == "f":
            return [number if isnan(number) else int(number) for number in column.tolist()]
        return list(column.tolist())

    def numbers(self, name: str) -> list[Any]:
        """Return a column of numbers as ``int`` and ``float``; ``None`` where it is unknown."""
        column = np.asarray(self._data[name])
        if column.dtype.kind != "f":
            return list(column.tolist())
        return [None if isnan(number) else number for number in self.values(name)]

    def shares(self) -> list[float | None]:
        """Return the column ``share``; empty if there is none."""
        return self.numbers("share") if "share" in self._data else []

    def counts(self, names: tuple[str, ...], *, unknown: float = 0.0) -> NDArray[np.float64]:
        """Return columns of numbers as one array, columns by rows, with *unknown* for unknown."""
        table = np.array([self._data[name] for name in names], dtype=np.float64)
        table = table.reshape(len(names), len(self))
        if not np.isnan(unknown):
            table[np.isnan(table)] = unknown
        return table

    def first_rows(self, dimension: str | None) -> tuple[TileTable, TileTable | None]:
        """Return the first rows, those for people, and the others if there are any.

        All rows of a series and of metrics are shown.
        """
        if dimension in (None, "bucket") or len(self) <= ROWS_SHOWN:
            return self, None
        return self.once("shown", self._parted)

    def _parted(self) -> tuple[TileTable, TileTable]:
        first = {name: column[:ROWS_SHOWN] for name, column in self._data.items()}
        others = {name: column[ROWS_SHOWN:] for name, column in self._data.items()}
        return TileTable(first, self._whole), TileTable(others, self._whole)

    def sums(self, names: Iterable[str]) -> list[int]:
        """Return the sum of each of these columns, without unknown numbers."""
        return [int(sum(n for n in self.numbers(name) if n is not None)) for name in names]

    def equals(self, other: TileTable) -> bool:
        """Return whether both have the same columns and rows; unknown numbers are equal."""
        return self is other or (
            self.columns == other.columns
            and all(_equal(self._data[name], other[name]) for name in self.columns)
        )

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what *make* has returned for *key*; it is called once, in one thread.

        The value is shared by all who ask: it is not to be changed.
        """
        with self._lock:
            if key not in self._derived:
                if len(self._derived) >= _MOST_DERIVED:
                    self._derived.clear()
                self._derived[key] = make()
            value: T = self._derived[key]
            return value


def table_of(tile: Tile, frame: TileTable | pd.DataFrame) -> TileTable:
    """Return *frame*, the rows of *tile*, as a table.

    Raises
    ------
    UsageError
        If the frame has other columns than the tile.
    """
    if not tile.has_columns(tuple(frame.columns)):
        further = "" if tile.further is None else f" and one for each {tile.further.dimension}"
        message = (
            f"the frame of {tile.id} has the columns {list(frame.columns)}; "
            f"it must have {list(tile.columns)}{further}."
        )
        raise UsageError(message)
    return TileTable.of(frame, [one.id for one in tile.typed if one.kind in WHOLE])


@lru_cache(maxsize=16)
def _moments(starts: bytes) -> tuple[datetime, ...]:
    """Return times in UTC; many tiles, and many reports after each other, have the same."""
    times = np.frombuffer(starts, "datetime64[us]").tolist()
    return tuple(at.replace(tzinfo=UTC) for at in times)


def _equal(one: Column, other: Column) -> bool:
    if isinstance(one, tuple) or isinstance(other, tuple):
        return isinstance(one, tuple) and isinstance(other, tuple) and one == other
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _columns(frame: pd.DataFrame) -> dict[str, Column]:
    """Return copies of the columns of a DataFrame."""
    import pandas as pd  # noqa: PLC0415 - who has a DataFrame has imported it

    columns: dict[str, Column] = {}
    for place, (name, values) in enumerate(frame.items()):
        if name == "bucket":
            times = pd.to_datetime(values, utc=True).dt.tz_localize(None)
            columns["bucket"] = times.to_numpy(dtype="datetime64[us]", copy=True)
        elif place == 0:
            columns[str(name)] = tuple(values)
        elif values.dtype.kind not in "iubf" and _are_texts(values):
            columns[str(name)] = tuple(None if pd.isna(value) else value for value in values)
        elif values.dtype.kind in "iub" and not values.isna().any():
            columns[str(name)] = values.to_numpy(dtype=np.int64, copy=True)
        else:
            columns[str(name)] = values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    return columns


def _are_texts(values: pd.Series[Any]) -> bool:
    """Return whether a column without a type has no number in it."""
    return all(isinstance(value, str) for value in values.dropna())
