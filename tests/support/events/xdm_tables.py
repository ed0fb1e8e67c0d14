"""Journey Optimizer's generated rows as a lake holds them: typed, in one dataset or in three."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import generate_xdm
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
DATASETS = ("feedback", "email_tracking", "push_tracking")


@cache
def rows() -> list[Row]:
    return typed(generate_xdm.rows(2))


def typed(rows: list[Row]) -> list[Row]:
    """Return rows that a typed table can hold: an invalid time is missing."""
    return [
        row | ({"timestamp": None} if isinstance(row["timestamp"], str) else {}) for row in rows
    ]


def dataset(row: Row) -> str:
    """Return the dataset that Journey Optimizer puts a row into."""
    if "messageDeliveryfeedback" in row["_experience"]["customerJourneyManagement"]:
        return "feedback"
    push = row["eventType"].startswith("pushTracking")
    return "push_tracking" if push else "email_tracking"


@cache
def mapped() -> tuple[pd.DataFrame, int, int]:
    return xdm_to_canonical(rows())


def wanted(window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the oracle's report of :func:`rows`."""
    return wanted_of(mapped(), window, tests=tests, campaign=campaign)


def wanted_of(
    mapping: tuple[pd.DataFrame, int, int], window: str, *, tests: bool, campaign: str = "c1"
) -> Row:
    """Return the oracle's report of rows that have been mapped."""
    events, ignored, rejected = mapping
    return oracle.report(
        events,
        campaign,
        AT,
        WINDOWS[window],
        include_tests=tests,
        ignored=ignored,
        rejected=rejected,
    )
