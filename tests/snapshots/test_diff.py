"""Differences between two snapshots, against an independent computation from the frames."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from campaign_live_widgets.catalog import METRICS, TILES
from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.report import tile_tables
from campaign_live_widgets.snapshot import Health, Snapshot
from campaign_live_widgets.snapshots import Draft, difference
from tests.support.events.generate import events as generated
from tests.support.events.memory import NOW, Event, snapshot_of
from tests.support.reports.snapshot_folders import DAY, HOSTILE, day, events, publish


def two(out: Path) -> tuple[Path, Path]:
    """Publish two days of a campaign, each with rows that the other one lacks."""
    made = []
    for ago, sent, bounces, reason in ((1, 40, 4, "mailbox_full"), (0, 50, 3, "unknown_user")):
        at = NOW - ago * DAY
        late = at - DAY / 12
        more = [
            Event("bounce", at=late, reason=reason, bounce_type="hard"),
            Event("sent", channel="push", at=late, platform="ios", message_id="p1"),
            Event("delivered", channel="push", at=late, platform="ios", message_id="p1"),
            Event("action", channel="push", at=late, platform="ios", message_id=f"p{ago}"),
        ]
        snapshot = snapshot_of([*events(at, sent, bounces), *more], at)
        made.append(publish(out, snapshot))
    return made[0], made[1]


def test_counts_and_rates_match_an_independent_computation(tmp_path: Path) -> None:
    before, after = two(tmp_path)
    sides = [json.loads((path / "report.json").read_text("utf-8")) for path in (before, after)]
    diff = difference(before, after).to_json()
    assert set(diff["widgets"]) == set(TILES)
    compared = 0
    for tile in TILES.values():
        tables = []
        for side in sides:
            widget = side["widgets"][tile.id]
            tables.append(
                {
                    " · ".join(row[: tile.key]): dict(zip(widget["columns"], row, strict=True))
                    for row in widget["rows"]
                }
            )
        rows = diff["widgets"][tile.id]["rows"]
        assert {row["name"] for row in rows} == {*tables[0], *tables[1]}
        for row in rows:
            cells = [table.get(row["name"]) for table in tables]
            assert row["only_in"] == (None if all(cells) else "before" if cells[0] else "after")
            for metric, change in row["metrics"].items():
                if tile.fields and tile.column(metric).kind == "ratio":
                    of = tile.column(metric).of
                    assert change["rate"]["of"] == of
                    shares = [cell and cell[metric] for cell in cells]
                    assert [change["rate"]["before"], change["rate"]["after"]] == shares
                    continue
                column = "count" if tile.by is None else metric
                zero = None if tile.limit or tile.by in {None, "bucket"} else 0
                counts = [cell[column] if cell else zero for cell in cells]
                assert [change["before"], change["after"]] == counts
                if None not in counts:
                    assert change["change"] == counts[1] - counts[0]
                rate = change["rate"]
                of = METRICS[metric].rate_of if metric in METRICS else None
                if of in tile.metrics and all(cells):
                    shares = [
                        cell[metric] / cell[of] if cell[of] else None for cell in cells if cell
                    ]
                    assert rate["of"] == of
                    assert [rate["before"], rate["after"]] == shares
                    if None not in shares:
                        assert rate["points"] == pytest.approx((shares[1] - shares[0]) * 100)
                        compared += 1
                if tile.share_of and all(cells):
                    assert rate["of"] == tile.share_of
                    assert [rate["before"], rate["after"]] == [c["share"] for c in cells if c]
    assert compared > 5


def test_every_rate_names_its_denominator(tmp_path: Path) -> None:
    widgets = difference(*two(tmp_path)).to_json()["widgets"]

    def rate(widget: str, row: str, metric: str) -> dict[str, object]:
        rows = {one["name"]: one["metrics"] for one in widgets[widget]["rows"]}
        value: dict[str, object] = rows[row][metric]["rate"]
        return value

    reason = rate("email.bounce_reasons", "mailbox_full", "bounces")
    assert reason == {"of": "bounces", "before": 1.0, "after": 3 / 4, "points": -25.0}
    by_message = rate("email.bounces_by_message", "m1", "hard_bounces")
    assert by_message["of"] == "sent"
    assert [by_message["before"], by_message["after"]] == [1 / 40, 1 / 50]
    platform = rate("push.tracking_by_platform", "ios", "delivered")
    assert platform == {"of": "sent", "before": 1.0, "after": 1.0, "points": 0.0}
    failures = rate("push.failures", "bounces", "bounces")
    assert failures == {"of": "sent", "before": 0.0, "after": 0.0, "points": 0.0}
    total = widgets["email.bounce_reasons"]["total"]["bounces"]
    assert total["rate"]["of"] == "sent"
    assert total["rate"]["before"] == 5 / 40
    assert widgets["email.recipient_domains"]["total"] is None
    assert widgets["email.metrics_by_message"]["total"]["sent"]["rate"] is None


def test_a_snapshot_has_no_differences_from_itself(tmp_path: Path) -> None:
    made = day(tmp_path)
    diff = difference(made, made)
    assert not diff.is_change
    assert diff.facts == ()
    assert "No number differs." in diff.to_text()
    assert "Aucun chiffre ne diffère." in diff.to_html("fr")
    assert not any(one["changed"] for one in diff.to_json()["widgets"].values())


def test_parameters_and_data_quality_are_compared(tmp_path: Path) -> None:
    before = publish(tmp_path, snapshot_of(events(NOW)), parameters={"include_tests": False})
    other = replace(snapshot_of(events(NOW), health=Health(events=9, rejected=2)))
    after = publish(
        tmp_path,
        replace(other, campaign_name="Autumn"),
        parameters={"include_tests": True, "source": "env:EVENTS"},
        time_zone="Europe/Paris",
    )
    diff = difference(before, after)
    assert not diff.is_change
    facts = diff.to_json()["facts"]
    assert facts["campaign_name"] == ["Spring sale", "Autumn"]
    assert facts["health.rejected"] == [0, 2]
    assert facts["parameters.include_tests"] == [False, True]
    assert facts["parameters.source"] == [None, "env:EVENTS"]
    assert facts["time_zone"] == ["UTC", "Europe/Paris"]
    text = diff.to_text()
    assert "Rejected" in text
    assert "16:05 CET" in text


def test_report_files_can_be_compared_without_their_folders(tmp_path: Path) -> None:
    before, after = two(tmp_path)
    alone = tmp_path / "old.json"
    alone.write_bytes((before / "report.json").read_bytes())
    diff, whole = difference(alone, after).to_json(), difference(before, after).to_json()
    assert diff["widgets"] == whole["widgets"]
    assert "parameters.campaign" not in diff["facts"]


def test_series_of_different_windows_are_compared_by_their_sums(tmp_path: Path) -> None:
    before, after = two(tmp_path)
    diff = difference(before, after)
    push = next(one for one in diff.widgets if one.widget == "push.summary")
    assert not push.is_change
    text = diff.to_text()
    assert "points in time" not in text
    assert text.count("Email summary") == 1


def test_a_path_that_is_not_a_snapshot_is_a_one_line_error(tmp_path: Path) -> None:
    made = day(tmp_path)
    report = json.loads((made / "report.json").read_text("utf-8"))
    failed = Draft(tmp_path, "spring").fail("why")
    bad = tmp_path / "bad.json"
    with pytest.raises(ArchiveError, match="is the folder of a failed run"):
        difference(made, failed)
    with pytest.raises(ArchiveError, match=r"is not a snapshot: report\.json: No such file"):
        difference(tmp_path, made)
    for document, message in (
        ("{", "is not JSON"),
        ("[]", "is not the JSON of a report"),
        (json.dumps(report | {"schema_version": 3}), "schema version 3"),
        (json.dumps(report | {"widgets": {"email.summary": {}}}), "is not the JSON of a report"),
        (json.dumps(report | {"window": {"start": "x", "end": "y"}}), "is not the JSON of a"),
        (json.dumps(report | {"health": {"events": "9"}}), "is not the JSON of a report"),
    ):
        bad.write_text(document)
        with pytest.raises(ArchiveError, match=message) as caught:
            difference(bad, made)
        assert "\n" not in str(caught.value)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]


def test_hostile_text_is_escaped(tmp_path: Path) -> None:
    at = NOW - DAY / 24
    more = [
        Event("sent", at=at, message_id=HOSTILE),
        Event("bounce", at=at, message_id=HOSTILE, reason=HOSTILE),
        Event("open", at=at, domain=HOSTILE + "\x1b[31m"),
    ]
    before = day(tmp_path, campaign="\x1b[31mred\x07")
    named = replace(snapshot_of(more), campaign_name=HOSTILE)
    after = publish(tmp_path, named, parameters={HOSTILE: HOSTILE})
    diff = difference(before, after)
    page = diff.to_html()
    assert not Tags(page).seen & {"script", "img", "a"}
    assert len(page) < 60_000
    text = diff.to_text()
    for turning in ("\u202e", "\x1b", "\x07"):
        assert turning not in page
        assert turning not in text
    assert all(len(line) <= 120 for line in text.splitlines())
    json.dumps(diff.to_json(), allow_nan=False)


def test_long_lists_are_truncated_with_a_count_of_the_rest(tmp_path: Path) -> None:
    at = NOW - DAY / 24
    many = [Event("bounce", at=at, reason=f"r{n}", bounce_type="soft") for n in range(60)]
    diff = difference(day(tmp_path), publish(tmp_path, snapshot_of(many, campaign_id="other")))
    assert "41 more rows changed" in diff.to_text()  # of 60 and mailbox_full
    assert "41 autres lignes ont changé" in diff.to_text("fr")
    assert "r59" in diff.to_html()


def snapshots_of_generated_events() -> list[Snapshot]:
    snapshots = []
    for seed in (1, 2):
        rows = [row for row in generated(seed, faults=False) if row["campaign_id"] == "c1"]
        snapshots.append(
            snapshot_of(
                [
                    Event(
                        str(row["event_type"]),
                        channel=str(row["channel"]),
                        at=NOW - (n % 1000) * DAY / 1001,
                        message_id=str(row["message_id"]),
                        reason=row["reason"],
                        bounce_type=row["bounce_type"],
                        domain=row["domain"],
                        platform=row["platform"],
                    )
                    for n, row in enumerate(rows)
                ]
            )
        )
    return snapshots


def test_earlier_counts_plus_changes_equal_later_counts(tmp_path: Path) -> None:
    before, after = snapshots_of_generated_events()
    diff = difference(publish(tmp_path, before), publish(tmp_path, after))
    assert diff.is_change
    tables = tile_tables(after)
    for widget in diff.widgets:
        table = tables[widget.widget]
        for row in widget.rows:
            for change in row.changes:
                if change.change is not None:
                    assert (change.before or 0) + change.change == change.after
        if widget.total is not None:
            for change in widget.total.changes:
                assert change.after == int(table[change.metric].sum())
