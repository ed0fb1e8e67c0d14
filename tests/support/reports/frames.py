"""Frames that have broken tables and charts before, for any tile of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.catalog import Tile

HUGE: Final = 2**40
"""Beyond 32 bits, where bqplot would wrap around; exact as a float."""

NAMES: Final = {
    "m1": "Spring sale",
    "m2": "Spring sale",
    "m3": "Relance « panier abandonné » d'été — œuvre complète",
    "m4": "عرض الربيع",
    "m5": "Hello " * 60,
    "m6": "<img src=x onerror=alert(1)>",
}
"""Display names: twice the same, accents, right to left, long, and markup."""

_CODES: Final[Mapping[str, Sequence[str]]] = {
    "reason": ("Mailbox-Full", "Soft-Bounce", "DNS-Failure"),
    "domain": ("gmail.com", "orange.fr", "free.fr"),
    "platform": ("android", "ios", "web"),
    "channel": ("email", "push", "sms"),
    "message_id": ("m1", "m3", "m4"),
    "bounce_type": ("hard", "soft", "ignored"),
    "provider": ("gmail", "orange", "other"),
    "class": ("address", "mailbox", "volume"),
    "status_code": ("5.1.1", "4.2.2", "5.7.1"),
    "link": ("shop.example.com/sale", "example.com", "mailto"),
    "machine_reason": ("vendor_flag", "prefetch", "apple_privacy"),
}
_SAME_LABEL: Final[Mapping[str, Sequence[str]]] = {
    "reason": ("EmailNoAddressFoundInProfile", "EmailNoAddressFoundInProfileError"),
    "message_id": ("m1", "m2"),
}


def frame(tile: Tile, codes: Sequence[str] | None = None, scale: int = 10) -> pd.DataFrame:
    """Return a frame of this tile with these rows; the first is the largest."""
    if tile.by == "bucket":
        return _series(tile, 97, scale)
    if tile.fields:
        return _typed_rows(tile, list(_CODES[str(tile.by)] if codes is None else codes), scale)
    if tile.by is None:
        return _figures(tile, scale)
    codes = list(_CODES[tile.by] if codes is None else codes)
    counts = {
        metric: [scale * (len(codes) - i) + j for i in range(len(codes))]
        for j, metric in enumerate(tile.metrics)
    }
    return _typed(tile, {tile.by: codes, **counts})


def _typed_rows(tile: Tile, codes: Sequence[str], scale: int) -> pd.DataFrame:
    """Return a frame with columns of several kinds; each ratio is between its ends."""
    rows = range(len(codes))
    columns: dict[str, object] = {}
    for j, column in enumerate(tile.typed):
        if j == 0:
            columns[column.id] = list(codes)
        elif column.id == "verdict":
            columns[column.id] = [("over", "watch", "thin", "ok")[i % 4] for i in rows]
        elif column.kind == "text":
            columns[column.id] = [f"{column.id}-{i % 3}" for i in rows]
        elif column.kind in {"count", "unique"}:
            counts = [scale * (len(codes) - i) + j for i in rows]
            columns[column.id] = pd.Series(counts, dtype="int64")
        else:
            columns[column.id] = pd.Series([0.01 * (1 + i % 5) for i in rows], dtype="float64")
    for column in tile.typed:
        for end, factor in zip(column.ends or (), (0.5, 1.5), strict=False):
            ratios = columns[column.id]
            assert isinstance(ratios, pd.Series)
            columns[end] = ratios * factor
    return pd.DataFrame(columns, columns=list(tile.columns))


def _series(tile: Tile, buckets: int, scale: int) -> pd.DataFrame:
    times = pd.date_range("2026-11-22T12:00Z", periods=buckets, freq="15min").as_unit("us")
    wave = (np.sin(np.arange(buckets) / 7) + 1) * scale
    counts = {m: (wave + j).astype("int64") for j, m in enumerate(tile.metrics)}
    if tile.further is not None:
        rates = (np.sin(np.arange(buckets) / 7) + 1) * 0.01 * (1 + scale % 7)
        gaps = np.arange(buckets) % 10 == 9
        counts = {name: np.where(gaps, np.nan, rates) for name in ("gmail", "orange")}
    return pd.DataFrame({"bucket": times, **counts})


def _figures(tile: Tile, scale: int) -> pd.DataFrame:
    counts = [scale * (len(tile.metrics) - i) for i in range(len(tile.metrics))]
    columns: dict[str, object] = {"metric": list(tile.metrics), "count": counts}
    if tile.share_of:
        columns["share"] = [count / (2 * scale * 3) if scale else None for count in counts]
    return _typed(tile, columns)


def _typed(tile: Tile, columns: Mapping[str, object]) -> pd.DataFrame:
    built = pd.DataFrame(columns, columns=list(tile.columns))
    counted = [c for c in built.columns[1:] if c != "share"]
    types: dict[str, str] = dict.fromkeys(counted, "int64")
    if "share" in built:
        types["share"] = "float64"
    return built.astype(types)


def _no_rows(tile: Tile) -> pd.DataFrame:
    return frame(tile).iloc[:0]


def _one_row(tile: Tile) -> pd.DataFrame:
    return frame(tile).iloc[:1]


def _zeros(tile: Tile) -> pd.DataFrame:
    zeros = frame(tile)
    whole = {c.id for c in tile.typed if c.kind in {"count", "unique"}}
    if tile.by == "bucket" and tile.further is None:
        whole = set(tile.metrics)
    for name in zeros.columns[1:]:
        if name in whole:
            zeros[name] = 0
        elif zeros[name].dtype.kind == "f":
            zeros[name] = float("nan")
    return zeros


def _many_rows(tile: Tile) -> pd.DataFrame:
    if tile.by == "bucket":
        return _series(tile, 300, 1000)
    return frame(tile, [f"row-{i:03}" for i in range(300)], scale=7)


def _other_rows(tile: Tile) -> pd.DataFrame:
    """Return the usual rows in another order, with other counts."""
    usual = frame(tile, scale=300)
    return usual if tile.by == "bucket" else usual.iloc[::-1].reset_index(drop=True)


def _no_shares(tile: Tile) -> pd.DataFrame:
    some = frame(tile, scale=4)
    if "share" in some:
        some["share"] = float("nan")
    return some


NASTY: Final[Mapping[str, Callable[[Tile], pd.DataFrame]]] = {
    "usual": frame,
    "no_rows": _no_rows,
    "one_row": _one_row,
    "zeros": _zeros,
    "huge": lambda tile: frame(tile, scale=HUGE),
    "many_rows": _many_rows,
    "other_rows": _other_rows,
    "long_names": lambda tile: frame(tile, ["long-" * 60, "m5", "x"]),
    "accents": lambda tile: frame(tile, ["Échec — œuvre « été »", "m3", "naïve"]),
    "right_to_left": lambda tile: frame(tile, ["m4", "سبب غير معروف", "a"]),
    "same_label": lambda tile: frame(tile, _SAME_LABEL.get(tile.by or "", ("a", "b"))),
    "unknown_code": lambda tile: frame(tile, ["unknown", "never-seen-before", "m6"]),
    "markup": lambda tile: frame(tile, ["<b>bold</b>", "m6", "&amp;"]),
    "no_shares": _no_shares,
}
"""What is nasty → the frame of a tile that shows it."""
