"""An event that is dated after now is counted in its own minute, and is not the newest one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.store import Store
from tests import oracle
from tests.support.events import files, generate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

    Row = dict[str, Any]

pytestmark = pytest.mark.usefixtures("matrix")

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATER = [timedelta(0), timedelta(seconds=20), MINUTE, 3 * MINUTE, timedelta(hours=2), 6 * DAY]
"""How long after the first refresh a later one comes."""


def rows(seed: int = 21) -> list[Row]:
    """Return events of several campaigns around now, some of them days ahead."""
    made = generate.events(seed, 300, faults=False)
    offsets = [-3 * DAY, -2 * MINUTE, -timedelta(seconds=10), timedelta(0), timedelta(seconds=10)]
    offsets += [2 * MINUTE, timedelta(hours=1), 5 * DAY]
    campaigns = sorted({row["campaign_id"] for row in made})
    ahead = [
        made[number]
        | {"event_id": f"{campaign}-{number}", "timestamp": NOW + offset}
        | {"campaign_id": campaign, "is_test": number % 2 == 0}
        for campaign in campaigns
        for number, offset in enumerate(offsets[len(campaign) % 3 :])
    ]
    only = made[0] | {"event_id": "only", "campaign_id": "a0", "timestamp": NOW + DAY}
    return [row for row in made if row["timestamp"] <= NOW] + ahead + [only]


def in_files(events: list[Row], folder: Path) -> str:
    for number, part in enumerate(files.split(events, 3, seed=1)):
        files.write(part, folder / f"part-{number}.{('parquet', 'ndjson', 'csv')[number]}")
    return str(folder)


def in_store(events: list[Row], folder: Path) -> str:
    with Store(folder / "store") as store:
        store.append(events)
    return str(folder / "store")


def frame(events: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(events, columns=list(oracle.COLUMNS), dtype=object)


def assert_newest(rollup: Rollup, events: list[Row], now: datetime) -> None:
    """Compare the rollup's times with the oracle's, for reports of several times."""
    campaign = str(rollup.campaign)
    for at in (now, now - MINUTE, now - 2 * DAY, now + DAY, datetime(2020, 1, 1, tzinfo=UTC)):
        wanted = oracle.report(frame(events), campaign, at, DAY, now=now)
        got = rollup.snapshot(at=at, window=DAY)
        newest = None if got.newest_event is None else oracle.text(got.newest_event)
        assert newest == wanted["newest_event"], at
        assert (got.health.ahead, got.health.ahead_until) == oracle.ahead(frame(events), now)


@pytest.mark.parametrize("write", [in_files, in_store])
@pytest.mark.parametrize("campaign", ["c1", "c2"])
def test_the_newest_event_is_never_in_the_future(
    tmp_path: Path, write: Callable[[list[Row], Path], str], campaign: str
) -> None:
    events, moment = rows(), [NOW]
    rollup = new_rollup(write(events, tmp_path), campaign, clock=lambda: moment[0])
    for later in LATER:
        moment[0] = NOW + later
        rollup.refresh()
        assert_newest(rollup, events, moment[0])  # type: ignore[arg-type]
    rollup.close()


@pytest.mark.parametrize("write", [in_files, in_store])
@pytest.mark.parametrize(
    "at", [None, NOW - 2 * MINUTE, NOW - 2 * DAY, NOW + 9 * DAY, NOW - 99 * DAY]
)
def test_the_default_campaign_has_the_newest_event_that_is_not_in_the_future(
    tmp_path: Path, write: Callable[[list[Row], Path], str], at: datetime | None
) -> None:
    events = rows()
    rollup = new_rollup(write(events, tmp_path), at=at, clock=lambda: NOW)
    rollup.refresh()
    assert rollup.campaign == oracle.newest_campaign(frame(events), at, NOW)
    assert rollup.campaigns()[0].id == oracle.newest_campaign(frame(events), None, NOW)
    [only] = [one for one in rollup.campaigns() if one.id == "a0"]
    assert (only.newest_event, only) == (None, rollup.campaigns()[-1])
    rollup.close()


def test_a_future_event_becomes_the_newest_once_its_time_has_come(tmp_path: Path) -> None:
    moment, seen = [NOW], rows()[:50]
    folder = tmp_path / "events"
    folder.mkdir()
    in_files(seen, folder)
    rollup = new_rollup(str(folder), "c1", clock=lambda: moment[0])
    rollup.refresh()
    for number, part in enumerate(files.split(rows()[50:], 5, seed=3)):
        moment[0] += timedelta(seconds=45)
        files.write(part, folder / f"tick-{number}.ndjson")
        seen += part
        rollup.refresh()
        assert_newest(rollup, seen, moment[0])  # type: ignore[arg-type]
    rollup.close()
