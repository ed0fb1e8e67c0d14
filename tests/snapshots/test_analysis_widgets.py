"""Snapshots of providers, causes, codes and links: verified, compared, and read in version 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.snapshot import ProviderSeries, Snapshot
from campaign_live_widgets.snapshots import difference
from campaign_live_widgets.snapshots.report_reader import Numbers, read_report
from campaign_live_widgets.snapshots.verify import invariants
from tests.support.events.memory import Event, snapshot_of
from tests.support.reports.snapshot_folders import publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Report = dict[str, Any]

NEW = [tile.id for tile in TILES.values() if tile.fields]
PROVIDERS = "deliverability.providers"
CODES = "deliverability.bounce_codes"


def snapshot(bounces: int = 6) -> Snapshot:
    events = []
    for domain, sent in (("gmail.com", 60), ("yahoo.com", 40), (None, 5)):
        events += [Event("sent", domain=domain)] * sent
        events += [Event("delivered", domain=domain)] * (sent - bounces // 2)
        events += [Event("spam_complaint", domain=domain)] * 2
    for code, reason in (("5.1.1", "Invalid-Recipient"), ("4.7.0", None)):
        for domain in ("gmail.com", "yahoo.com"):
            more = {"domain": domain, "reason": reason, "status_code": code}
            events += [Event("bounce", bounce_type="hard", **more)] * (bounces // 2)
            events += [Event("delay", **more)]
    events += [Event("click", link="a.example/x")] * 3 + [Event("click", link="b.example")]
    events += [Event("open", is_machine=True, machine_reason="prefetch")]
    made = snapshot_of(events)
    buckets = len(made.window.buckets())
    decided, failures = (100,) * buckets, (bounces,) * buckets
    series = ProviderSeries(("gmail", "yahoo"), (decided, decided), (failures, (0,) * buckets))
    return replace(made, provider_series=series)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return publish(tmp_path, snapshot())


def report_of(folder: Path) -> Report:
    report: Report = json.loads((folder / "report.json").read_text("utf-8"))
    return report


def test_a_report_of_these_widgets_has_no_contradiction(made: Path) -> None:
    report = report_of(made)
    assert all(report["widgets"][name]["rows"] for name in NEW)
    assert not list(invariants.broken(report))


def _cell(widget: str, row: int, column: str, value: object) -> Callable[[Report], None]:
    def damage(report: Report) -> None:
        of = report["widgets"][widget]
        of["rows"][row][of["columns"].index(column)] = value

    return damage


def _swapped(report: Report) -> None:
    rows = report["widgets"][PROVIDERS]["rows"]
    rows[0], rows[1] = rows[1], rows[0]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cell(PROVIDERS, 0, "sent", 61), f"{PROVIDERS}: sent 106 is not 105"),
        (_cell(PROVIDERS, 1, "complaint_low", 0.5), f"{PROVIDERS}: yahoo: complaint_low 0.5"),
        (_cell(PROVIDERS, 0, "complaint_rate", 0.1), "gmail: complaint_rate 0.1 is not None"),
        (_cell(PROVIDERS, 0, "failure_high", 1.5), "failure_high 1.5 is not a part of one"),
        (_cell(PROVIDERS, 0, "retries_per_sent", 9.0), "gmail: retries_per_sent 9.0"),
        (_cell(CODES, 0, "bounces", 7), f"{CODES}: bounces 13 is not 12"),
        (_cell("deliverability.bounce_classes", 0, "bounces", 5), "address 6 is not 5"),
        (_cell("email.links", 0, "share", 0.5), "a.example/x: share 0.5 is not 3 of 4"),
        (_cell("email.machine_reasons", 0, "opens", 2), "opens 2 is more than 1"),
        (_swapped, f"{PROVIDERS}: the rows are not in their order"),
    ],
)
def test_a_contradiction_is_found(
    made: Path, damage: Callable[[Report], None], message: str
) -> None:
    report = report_of(made)
    damage(report)
    problems = list(invariants.broken(report))
    assert [line for line in problems if message in line], problems


def test_sums_are_of_counts_alone(made: Path) -> None:
    numbers = Numbers(report_of(made))
    assert set(numbers.totals(PROVIDERS)) == set(TILES[PROVIDERS].metrics)
    assert numbers.totals("email.links") == {"clicks": 4, "machine_clicks": 0}
    assert numbers.totals("deliverability.failures_over_time") == {}
    assert numbers.totals("deliverability.causes_by_provider")["address"] == 6
    assert set(numbers.rows(CODES)) == {"5.1.1 · Invalid-Recipient", "4.7.0 · unknown"}


def test_counts_rates_and_verdicts_are_compared(tmp_path: Path) -> None:
    before, after = publish(tmp_path / "a", snapshot(2)), publish(tmp_path / "b", snapshot(20))
    changes = difference(before, after)
    widgets = changes.to_json()["widgets"]
    rows = {row["name"]: row for row in widgets[PROVIDERS]["rows"]}
    columns = TILES[PROVIDERS].columns
    cells = [
        dict(zip(columns, report_of(side)["widgets"][PROVIDERS]["rows"][0], strict=True))
        for side in (before, after)
    ]
    failures = rows["gmail"]["metrics"]["failure_rate"]
    assert failures["before"] is failures["after"] is failures["change"] is None
    assert failures["rate"]["of"] == "decided"
    assert failures["rate"]["before"] == cells[0]["failure_rate"]
    expected = 100 * (cells[1]["failure_rate"] - cells[0]["failure_rate"])
    assert failures["rate"]["points"] == pytest.approx(expected)
    assert rows["gmail"]["texts"] == {"verdict": [cells[0]["verdict"], cells[1]["verdict"]]}
    complaints = rows["yahoo"]["metrics"]["spam_complaints"]["rate"]
    assert [complaints["before"], complaints["after"]] == [2 / 39, 2 / 30]
    codes = {row["name"]: row for row in widgets[CODES]["rows"]}
    assert codes["5.1.1 · Invalid-Recipient"]["metrics"]["bounces"]["change"] == 18
    text = changes.to_text()
    assert "Failure rate" in text
    assert "over the limit" in text


def _of_version_1(folder: Path) -> Path:
    """Write the report as it was before these widgets, and return its file."""
    report = report_of(folder)
    for name in ("freshness", "alerts", "notes"):
        del report[name]
    report["schema_version"] = 1
    report["widgets"] = {
        name: {part: widget[part] for part in ("title", "columns", "rows")}
        for name, widget in report["widgets"].items()
        if name not in NEW
    }
    file = folder.parent / "version-1.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    return file


def test_a_report_of_version_1_is_read_and_compared(made: Path) -> None:
    old = _of_version_1(made)
    assert not list(invariants.broken(read_report(old)))
    changes = difference(old, made)
    assert {fact.name for fact in changes.facts} == {f"widget.{name}" for name in NEW}
    widgets = changes.to_json()["widgets"]
    assert not any(widgets[name]["changed"] for name in TILES if name not in NEW)
    counts = widgets[PROVIDERS]["rows"][0]["metrics"]["sent"]
    assert (counts["before"], counts["after"]) == (None, 60)


def test_a_report_of_version_2_without_these_widgets_is_not_whole(made: Path) -> None:
    report = report_of(made)
    del report["widgets"][PROVIDERS]
    assert f"the widget {PROVIDERS} is missing" in list(invariants.broken(report))
