"""What a mapping costs beside the known format that it equals: ``python mapping.py``.

The same events are read by a known format and, with other names and words, by a mapping. Both take
turns, in a random order in each round; what is printed is the median of the ratios of their CPU
seconds, round by round.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Final

import duckdb

from campaign_live_widgets.engine import open_rollup

_AT: Final = datetime(2026, 11, 20, 13, tzinfo=UTC)
_KINDS: Final = ("sent", "delivered", "bounce", "open", "click")
_WORDS: Final = ("Sent", "Delivered", "Hard Bounce", "Opened", "Clicked")
_CANONICAL: Final = """
    SELECT 'e' || i AS event_id, TIMESTAMPTZ '2026-11-20 00:00:00Z' + INTERVAL (i % 40000) SECOND
           AS timestamp, 'c' || (i % 4) AS campaign_id, 'm' || (i % 20) AS message_id,
           'email' AS channel, 'p' || (i % 50000) AS profile_id,
           [{kinds}][i % 5 + 1] AS event_type,
           CASE i % 5 WHEN 2 THEN 'Mailbox-Full' END AS reason,
           CASE i % 5 WHEN 2 THEN 'hard' END AS bounce_type, 'd' || (i % 9) || '.example' AS domain,
           false AS is_async, false AS is_test, false AS is_machine
    FROM range({rows}) AS r(i)"""
_MAPPED: Final = """
    SELECT event_id AS "Row Key", timestamp AS "When", campaign_id AS "Campaign",
           message_id AS "Mailing", channel AS "Medium", profile_id AS "Customer",
           {status} AS "Status", reason AS "Why", domain AS "Host", is_async AS "Late",
           is_test AS "Test", is_machine AS "Robot" {more}
    FROM ({canonical})"""
_COLUMNS: Final = """
[[rule]]
[rule.columns]
event_id = "Row Key"
timestamp = "When"
campaign_id = "Campaign"
message_id = "Mailing"
channel = "Medium"
profile_id = "Customer"
reason = "Why"
domain = "Host"
is_async = "Late"
is_test = "Test"
is_machine = "Robot"
"""
_NAMES: Final = _COLUMNS + 'event_type = "Status"\nbounce_type = "Kind"\n'
_EVENTS: Final = (
    _COLUMNS
    + '[rule.events]\nfrom = "Status"\n[rule.events.values]\n'
    + "".join(
        f'"{word}" = '
        + ('{ event_type = "bounce", bounce_type = "hard" }' if kind == "bounce" else f'"{kind}"')
        + "\n"
        for kind, word in zip(_KINDS, _WORDS, strict=True)
    )
)
_OPTIONS: Final = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "csv": "FORMAT csv, HEADER",
    "ndjson": "FORMAT json",
}


def spent(source: str) -> float:
    """Return the CPU seconds of a report of a source."""
    started = process_time()
    rollup = open_rollup(source, "c1", follow=False)
    rollup.snapshot(at=_AT, window=timedelta(days=1))
    seconds = process_time() - started
    assert not rollup.health.rejected
    rollup.close()
    return seconds


def sources(folder: Path, form: str, rows: int) -> dict[str, str]:
    """Write the same events in three ways; return the sources."""
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    canonical = _CANONICAL.format(kinds=kinds, rows=rows)
    words = " ".join(f"WHEN '{k}' THEN '{w}'" for k, w in zip(_KINDS, _WORDS, strict=True))
    queries = {
        "known": canonical,
        "names": _MAPPED.format(
            status="event_type", more=', bounce_type AS "Kind"', canonical=canonical
        ),
        "values": _MAPPED.format(
            status=f"CASE event_type {words} END", more="", canonical=canonical
        ),
    }
    for name, text in (("names", _NAMES), ("values", _EVENTS)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    for name, query in queries.items():
        path = folder / f"{form}-{name}.{form}"
        duckdb.execute(f"COPY ({query}) TO '{path}' ({_OPTIONS[form]})")
    return {
        name: str(folder / f"{form}-{name}.{form}")
        if name == "known"
        else f"{folder / f'{name}.toml'}:{folder / f'{form}-{name}.{form}'}"
        for name in queries
    }


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    rng = random.Random(1)  # noqa: S311 - the order of runs
    with tempfile.TemporaryDirectory() as folder:
        for form in _OPTIONS:
            places = sources(Path(folder), form, arguments.rows)
            ratios: dict[str, list[float]] = {"names": [], "values": []}
            for _ in range(arguments.rounds):
                order = rng.sample(list(places), len(places))
                seconds = {name: spent(places[name]) for name in order}
                for name, measured in ratios.items():
                    measured.append(seconds[name] / seconds["known"])
            for name, measured in ratios.items():
                low, high = min(measured), max(measured)
                print(f"{form} {name}: {statistics.median(measured):.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
