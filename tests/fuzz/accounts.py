"""The outcome of every row of a source, and a check of their sum."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from tests.oracle import BOUNCE_TYPES, CHANNELS, EVENT_TYPES
from tests.support.events import files, generate, generate_xdm
from tests.support.events.staged import staged
from tests.support.vendors import generate_vendors
from tests.support.vendors.vendor_facts import facts

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

Row = dict[str, Any]

FORMATS: Final = ("canonical", "ajo", *generate_vendors.VENDORS)
_REQUIRED: Final = (
    *("event_id", "us", "campaign_id", "message_id", "channel", "profile_id", "event_type"),
)


class Account(NamedTuple):
    """How many lines and records there were, and how many of the latter became what."""

    lines: int
    records: int
    events: int
    rejected: int
    ignored: int


def sample(form: str, rng: random.Random, number: int) -> Row:
    """Return a row as a format has it, in plain JSON values."""
    if form == "canonical":
        raw = generate.event(rng, number)
    elif form == "ajo":
        raw = generate_xdm.row(rng, number)
    else:
        raw = generate_vendors.VENDORS[form](rng, facts(rng, number)).raw
    return dict(json.loads(files.ndjson_text([raw])))


def account(source: Path | str) -> Account:
    """Count the rows of a source by outcome, as they are staged.

    A record is accepted with all its events, or rejected, or ignored; exactly one of them.
    """
    records: dict[int, list[Row]] = {}
    for row in staged(source):
        records.setdefault(row["place"], []).append(row)
    events = rejected = ignored = 0
    for rows in records.values():
        parts = [row["part"] for row in rows]
        assert parts in ([0], list(range(1, len(rows) + 1)))
        (rejected_record,) = {row["cause"] is not None for row in rows}
        if rejected_record:
            assert parts != [0]
            rejected += 1
        elif parts == [0]:
            ignored += 1
        else:
            events += len(rows)
            for row in rows:
                _assert_sound(row)
    lines = {row["row"] for rows in records.values() for row in rows}
    return Account(len(lines), len(records), events, rejected, ignored)


def _assert_sound(row: Row) -> None:
    """Check that an accepted event is as the contract requires."""
    assert None not in [row[name] for name in _REQUIRED]
    assert "" not in [str(row[name]).strip(" ") for name in _REQUIRED]
    assert row["channel"] in CHANNELS
    assert row["event_type"] in EVENT_TYPES
    assert row["bounce_type"] in (None, *BOUNCE_TYPES)


def counted(source: Path | str, *, follow: bool = False) -> tuple[int, int, int] | None:
    """Return the events (repeats too), rejected and ignored rows of a report.

    ``None`` if it raises that there is nothing to read, which is only without *follow*.
    """
    if follow:
        rollup = open_rollup(source, "c1", follow=True)
        rollup.close()
        return _outcomes(rollup)
    try:
        rollup = open_rollup(source, "c1", follow=False)
    except SourceError as error:
        _assert_clear(error)
        return None
    rollup.close()
    return _outcomes(rollup)


def _outcomes(rollup: Rollup) -> tuple[int, int, int]:
    health = rollup.health
    return health.events + health.duplicates, health.rejected, health.ignored


def _assert_clear(error: Exception) -> None:
    assert len(str(error).splitlines()) == 1
