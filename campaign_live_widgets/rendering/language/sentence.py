"""What a tile shows, in one sentence, for screen readers."""

from __future__ import annotations

from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign_live_widgets.catalog import Text, column_label, value_label
from campaign_live_widgets.rendering.language.labels import (
    NO_DATA,
    NO_VALUE,
    WHOLES,
    nothing,
    share_of,
)
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.times import bucket_pattern, ends, instant
from campaign_live_widgets.report import row_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog import Tile

_LONGEST_NAME: Final = 80
_LONGEST_RATES: Final = 340
_NBSP: Final = "\N{NO-BREAK SPACE}"
_SENTENCE: Final = Text("{}. {}.", "{}. {}.")
_NUMBER: Final = Text("{}: {}", f"{{}}{_NBSP}: {{}}")
_MORE: Final = Text("and {} more", "et {} de plus")
_ALSO: Final = Text("; ", f"{_NBSP}; ")
_TOP: Final = Text(
    "{}; led by {} with {} ({} {}); {}",
    f"{{}}{_NBSP}; en tête, {{}} avec {{}} ({{}} {{}}){_NBSP}; {{}}",
)
_TOP_LISTED: Final = Text(
    "{} in {}; led by {} with {}", f"{{}} pour {{}}{_NBSP}; en tête, {{}} avec {{}}"
)
"""Where only the largest rows are listed, so that they are not the whole."""
_OVER_TIME: Final = Text(
    "{} from {} to {} ({}); most at {} with {}",
    f"{{}} du {{}} au {{}} ({{}}){_NBSP}; maximum le {{}} avec {{}}",
)
_ROWS: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType(
    {
        "message_id": (Text("1 message", "1 message"), Text("{} messages", "{} messages")),
        "reason": (Text("1 reason", "1 cause"), Text("{} reasons", "{} causes")),
        "bounce_type": (Text("1 category", "1 catégorie"), Text("{} categories", "{} catégories")),
        "domain": (Text("1 domain", "1 domaine"), Text("{} domains", "{} domaines")),
        "channel": (Text("1 channel", "1 canal"), Text("{} channels", "{} canaux")),
        "platform": (Text("1 platform", "1 plateforme"), Text("{} platforms", "{} plateformes")),
    }
)
_ANY_ROWS: Final = (Text("1 row", "1 ligne"), Text("{} rows", "{} lignes"))


def summary(
    tile: Tile,
    frame: pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = MappingProxyType({}),
    time_zone: str = "UTC",
) -> str:
    """Return one sentence on *frame*, the rows of *tile*: its sum and its largest part.

    Parameters
    ----------
    tile : Tile
    frame : DataFrame
        With the columns ``tile.columns``.
    locale : str
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns; long names are shortened.
    time_zone : str
        IANA name of the zone in which times are shown.
    """
    return _SENTENCE(locale).format(
        tile.title(locale), _content(tile, frame, locale, names, time_zone)
    )


def _content(
    tile: Tile, frame: pd.DataFrame, locale: str, names: Mapping[str, str], time_zone: str
) -> str:
    if frame.empty:
        return (nothing(tile.metrics[0]) if tile.by else NO_DATA)(locale)
    if tile.by is None:
        return _figures(tile, frame, locale)
    counts = frame[tile.metrics[0]].to_numpy(dtype="float64", na_value=0.0)
    if not counts.sum():
        return nothing(tile.metrics[0])(locale)
    total = _number(tile.metrics[0], counts.sum(), locale)
    top = int(counts.argmax())
    if tile.by == "bucket":
        return _over_time(frame["bucket"], total, top, counts[top], locale, time_zone)
    if tile.rates and (text := _first_rates(tile, frame, locale)):
        return text
    return _by_name(tile, frame, total, top, names, locale)


def _by_name(  # noqa: PLR0913 - the parts of one sentence
    tile: Tile,
    frame: pd.DataFrame,
    total: str,
    top: int,
    names: Mapping[str, str],
    locale: str,
) -> str:
    counts = frame[tile.metrics[0]].to_numpy(dtype="float64", na_value=0.0)
    by = tile.columns[0]
    code = str(frame[by].iloc[top])
    label = row_names(by, frame[by], locale, names).short(code, _LONGEST_NAME)
    most = format_number(counts[top], locale)
    one, many = _ROWS.get(by, _ANY_ROWS)
    rows = (one if len(frame) == 1 else many)(locale).format(format_number(len(frame), locale))
    if tile.limit is not None:
        return _TOP_LISTED(locale).format(total, rows, label, most)
    share = format_share(counts[top] / counts.sum(), locale)
    whole = share_of(tile.metrics[0])(locale)
    return _TOP(locale).format(total, label, most, share, whole, rows)


def _first_rates(tile: Tile, frame: pd.DataFrame, locale: str) -> str:
    """Return counts and rates of the first rows, as many as a short sentence can hold."""
    lines = rates_in_words(tile, frame, locale, counts=True)
    lengths = accumulate(len(line) + len(_ALSO(locale)) for line in lines)
    listed = lines[: sum(length <= _LONGEST_RATES for length in lengths)]
    if listed and len(listed) < len(lines):
        listed.append(_MORE(locale).format(len(lines) - len(listed)))
    return _ALSO(locale).join(listed)


def rates_in_words(
    tile: Tile, frame: pd.DataFrame, locale: str, *, counts: bool = False
) -> list[str]:
    """Return a line for each row: its rates with what each divides by, and *counts*, if asked."""
    lines = []
    for row in frame.to_dict("records"):
        parts = []
        for metric in tile.metrics:
            words = [column_label(metric, locale)]
            if counts:
                words.append(format_number(row[metric], locale))
            whole = tile.rate_of(metric)
            rate = rate_in_words(row[metric], row[whole], whole, locale) if whole else ""
            if rate:
                words.append(f"({rate})" if counts else rate)
            if len(words) > 1:
                parts.append(" ".join(words))
        if parts:
            name = value_label(str(tile.by), str(row[tile.by]), locale)
            lines.append(_NUMBER(locale).format(name, ", ".join(parts)))
    return lines


def rate_in_words(count: int, whole: int, of: str, locale: str) -> str:
    """Return "92.7% of targeted"; a part of a whole that is no part of it has no number."""
    if not whole:
        return ""
    is_part = of not in WHOLES or 0 <= count <= whole
    share = format_share(count / whole, locale) if is_part else "\N{EN DASH}"
    return f"{share} {share_of(of)(locale)}"


def _figures(tile: Tile, frame: pd.DataFrame, locale: str) -> str:
    parts = []
    shares = frame.get("share", pd.Series([float("nan")] * len(frame)))
    of = share_of(tile.share_of)(locale)
    for metric, count, share in zip(frame["metric"], frame["count"], shares, strict=True):
        known = NO_VALUE(locale) if pd.isna(count) else format_number(count, locale)
        part = "" if pd.isna(share) else f" ({format_share(share, locale)} {of})"
        parts.append(_NUMBER(locale).format(column_label(str(metric), locale), known) + part)
    return ", ".join(parts)


def _over_time(  # noqa: PLR0913 - the parts of one sentence
    buckets: pd.Series[pd.Timestamp],
    total: str,
    top: int,
    most: float,
    locale: str,
    time_zone: str,
) -> str:
    times = pd.to_datetime(buckets, utc=True)
    width = times.iloc[1] - times.iloc[0] if len(times) > 1 else pd.Timedelta(minutes=1)
    pattern = bucket_pattern(locale)
    start, end = ends(
        *(times.iloc[0].to_pydatetime(), (times.iloc[-1] + width).to_pydatetime()),
        *(time_zone, locale),
        pattern=pattern,
        has_zone=False,
    )
    peak = instant(times.iloc[top].to_pydatetime(), time_zone, locale, pattern=pattern)
    number = format_number(most, locale)
    return _OVER_TIME(locale).format(total, start, end, time_zone, peak, number)


def _number(metric_id: str, count: float, locale: str) -> str:
    return _NUMBER(locale).format(column_label(metric_id, locale), format_number(count, locale))
