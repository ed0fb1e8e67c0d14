"""What a tile shows, in one sentence, for screen readers."""

from __future__ import annotations

from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import Text, column_label, rate, value_label
from campaign_live_widgets.rendering.language.counted import (
    counted,
    metric_of,
    nothing_in,
    series_of,
)
from campaign_live_widgets.rendering.language.labels import (
    NO_DATA,
    NO_VALUE,
    share_of,
    why_no_rate,
)
from campaign_live_widgets.rendering.language.numbers import (
    format_number,
    format_rate,
    format_share,
)
from campaign_live_widgets.rendering.language.times import (
    are_utc_days,
    bucket_pattern,
    bucket_time,
    ends,
)
from campaign_live_widgets.rendering.language.verdicts import word
from campaign_live_widgets.report import row_names, table_of
from campaign_live_widgets.snapshot import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report import TileTable

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
_AT_MOST: Final = Text("at most {}", "au plus {}")
_MOST_JUDGED: Final = 5
_ROWS: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType(
    {
        "message_id": (Text("1 message", "1 message"), Text("{} messages", "{} messages")),
        "reason": (Text("1 reason", "1 cause"), Text("{} reasons", "{} causes")),
        "bounce_type": (Text("1 category", "1 catégorie"), Text("{} categories", "{} catégories")),
        "domain": (Text("1 domain", "1 domaine"), Text("{} domains", "{} domaines")),
        "provider": (Text("1 provider", "1 fournisseur"), Text("{} providers", "{} fournisseurs")),
        "class": (Text("1 cause", "1 cause"), Text("{} causes", "{} causes")),
        "status_code": (Text("1 reply", "1 réponse"), Text("{} replies", "{} réponses")),
        "link": (Text("1 link", "1 lien"), Text("{} links", "{} liens")),
        "channel": (Text("1 channel", "1 canal"), Text("{} channels", "{} canaux")),
        "platform": (Text("1 platform", "1 plateforme"), Text("{} platforms", "{} plateformes")),
    }
)
_ANY_ROWS: Final = (Text("1 row", "1 ligne"), Text("{} rows", "{} lignes"))


def summary(
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = MappingProxyType({}),
    time_zone: str = "UTC",
) -> str:
    """Return one sentence on *frame*, the rows of *tile*: its sum and its largest part.

    Parameters
    ----------
    tile : Tile
    frame : TileTable or DataFrame
        With the columns ``tile.columns``.
    locale : str
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns; long names are shortened.
    time_zone : str
        IANA name of the zone in which times are shown.
    """
    return _SENTENCE(locale).format(
        tile.title(locale), _content(tile, table_of(tile, frame), locale, names, time_zone)
    )


def _content(
    tile: Tile, table: TileTable, locale: str, names: Mapping[str, str], time_zone: str
) -> str:
    if tile.by is None:
        return _figures(tile, table, locale) if len(table) else NO_DATA(locale)
    if tile.further is not None:
        return _highest_rates(tile, table, locale)
    columns = tile.metrics[:1] or counted(tile, table)
    counts = table.counts(columns).sum(axis=0).tolist()
    if not sum(counts):
        return nothing_in(tile)(locale)
    total = _number(metric_of(tile), sum(counts), locale)
    if tile.by == "bucket":
        return _over_time(table.moments(), counts, total, locale, time_zone)
    if tile.rates and (text := _first_rates(tile, table, locale)):
        return text
    sentence = _by_name(tile, table, counts, total, names, locale)
    return sentence + _judged(tile, table, names, locale)


def _judged(tile: Tile, table: TileTable, names: Mapping[str, str], locale: str) -> str:
    """Return which rows are over a limit or to be watched, as far as there are any."""
    if "verdict" not in table:
        return ""
    codes, verdicts = table.codes(), table.values("verdict")
    label = row_names(tile.columns[0], codes, locale, names)
    text = ""
    for verdict in ("over", "watch"):
        rows = [code for code, given in zip(codes, verdicts, strict=True) if given == verdict]
        if rows:
            listed = [label.short(code, _LONGEST_NAME) for code in rows[:_MOST_JUDGED]]
            if len(rows) > len(listed):
                listed.append(_MORE(locale).format(len(rows) - len(listed)))
            part = _NUMBER(locale).format(word(verdict, locale), ", ".join(listed))
            text += _ALSO(locale) + part
    return text


def _highest_rates(tile: Tile, table: TileTable, locale: str) -> str:
    """Return the highest rate of each series; words for nothing where no bucket has one."""
    parts = []
    for name in series_of(tile, table):
        known = [rate for rate in table.numbers(name) if rate is not None]
        if known:
            label = column_label(name, locale, tile)
            rate = _AT_MOST(locale).format(format_rate(max(known), locale))
            parts.append(_NUMBER(locale).format(label, rate))
    return ", ".join(parts) or NO_DATA(locale)


def _by_name(  # noqa: PLR0913 - the parts of one sentence
    tile: Tile,
    table: TileTable,
    counts: Sequence[float],
    total: str,
    names: Mapping[str, str],
    locale: str,
) -> str:
    by, codes, top = tile.columns[0], table.codes(), max(counts)
    code = codes[counts.index(top)]
    known_codes = [*table.first_rows(tile.by)[0].codes(), code]
    label = row_names(by, known_codes, locale, names).short(code, _LONGEST_NAME)
    most = format_number(top, locale)
    one, many = _ROWS.get(by, _ANY_ROWS)
    rows = (one if len(codes) == 1 else many)(locale).format(format_number(len(codes), locale))
    if tile.limit is not None:
        return _TOP_LISTED(locale).format(total, rows, label, most)
    share = format_share(top / sum(counts), locale)
    whole = share_of(metric_of(tile))(locale)
    return _TOP(locale).format(total, label, most, share, whole, rows)


def _first_rates(tile: Tile, table: TileTable, locale: str) -> str:
    """Return counts and rates of the first rows, as many as a short sentence can hold."""
    lines = rates_in_words(tile, table, locale, counts=True)
    lengths = accumulate(len(line) + len(_ALSO(locale)) for line in lines)
    listed = lines[: sum(length <= _LONGEST_RATES for length in lengths)]
    if listed and len(listed) < len(lines):
        listed.append(_MORE(locale).format(len(lines) - len(listed)))
    return _ALSO(locale).join(listed)


def rates_in_words(
    tile: Tile, frame: TileTable | pd.DataFrame, locale: str, *, counts: bool = False
) -> list[str]:
    """Return a line for each row: its rates with what each divides by, and *counts*, if asked."""
    table = table_of(tile, frame)
    columns = {metric: table.values(metric) for metric in tile.metrics}
    lines = []
    for i, code in enumerate(table.codes()):
        row = {metric: column[i] for metric, column in columns.items()}
        parts = []
        for metric in tile.metrics:
            words = [column_label(metric, locale)]
            if counts:
                words.append(format_number(row[metric], locale))
            whole = tile.rate_of(metric)
            part = rate_in_words(metric, row[metric], row[whole], whole, locale) if whole else ""
            if part:
                words.append(f"({part})" if counts else part)
            if len(words) > 1:
                parts.append(" ".join(words))
        if parts:
            name = value_label(str(tile.by), code, locale)
            lines.append(_NUMBER(locale).format(name, ", ".join(parts)))
    return lines


def rate_in_words(metric: str, count: int, whole: int, of: str, locale: str) -> str:
    """Return "92.7% of targeted"; where there is no such rate, "of sent" and why."""
    share = rate(metric, count, of, whole)
    if share is None and not whole and not count:
        return ""
    why = f", {why_no_rate(count, of, locale)}" if share is None else ""
    return f"{format_share(share, locale)} {share_of(of)(locale)}{why}"


def _figures(tile: Tile, table: TileTable, locale: str) -> str:
    parts = []
    shares = table.shares() or [None] * len(table)
    of = share_of(tile.share_of)(locale)
    for metric, count, share in zip(table.codes(), table.numbers("count"), shares, strict=True):
        known = NO_VALUE(locale) if count is None else format_number(count, locale)
        part = "" if share is None else f" ({format_share(share, locale)} {of})"
        parts.append(_NUMBER(locale).format(column_label(metric, locale), known) + part)
    return ", ".join(parts)


def _over_time(
    times: Sequence[datetime], counts: Sequence[float], total: str, locale: str, time_zone: str
) -> str:
    width = times[1] - times[0] if len(times) > 1 else MINUTE
    is_utc = are_utc_days(times, time_zone)
    time_zone = "UTC" if is_utc else time_zone
    pattern, most = bucket_pattern(locale), max(counts)
    start, end = ends(
        times[0], times[-1] + width, time_zone, locale, pattern=pattern, has_zone=False
    )
    peak = bucket_time(times[counts.index(most)], time_zone, locale, pattern, is_utc=is_utc)
    number = format_number(most, locale)
    return _OVER_TIME(locale).format(total, start, end, time_zone, peak, number)


def _number(metric_id: str, count: float, locale: str) -> str:
    return _NUMBER(locale).format(column_label(metric_id, locale), format_number(count, locale))
