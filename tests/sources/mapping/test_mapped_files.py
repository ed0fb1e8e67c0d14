"""Files read by a mapping: what each key of it does to the counts."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.mapping.prefix import with_mapping
from tests.support.events import files

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 20, 13, tzinfo=UTC)
COLUMNS = """
[[rule]]
[rule.columns]
campaign_id = { path = "name" }
timestamp = { from = "at", form = ["%d/%m/%Y %H:%M", "epoch_ms"], zone = "Europe/Paris" }
address = "mail"
reason = "why"
"""
STATUSES = """
[rule.events]
from = "status"
[rule.events.values]
Delivered = ["sent", "delivered"]
"Hard Bounce" = [{ event_type = "sent" }, { event_type = "bounce", bounce_type = "hard" }]
"It's open" = "open"
Queued = "ignore"
"" = { event_type = "click", url = "https://x.example" }
"""
ROWS = """mail;status;at;why
Ann <ANN@a.example>;Delivered;20/11/2026 13:01;
bob@b.example;Hard Bounce;20/11/2026 13:02;unknown user
ann@a.example;It's open;1795176300000;
ann@a.example;;20/11/2026 13:03;
dan@d.example;Queued;20/11/2026 13:03;
eve@e.example;Odd;20/11/2026 13:03;
fay@f.example;It's open;20/13/2026 13:03;
"""


def counts_of(source: str, campaign: str | None = None) -> dict[str, Any]:
    """Return the health, and all counts of a campaign that are not zero."""
    with closing(open_rollup(source, campaign)) as rollup:
        report = to_json(rollup.snapshot(at=AT, window=timedelta(days=7)))
    widgets = report["widgets"]
    message = dict(
        zip(
            widgets["email.metrics_by_message"]["columns"],
            (widgets["email.metrics_by_message"]["rows"] or [[]])[0],
            strict=False,
        )
    )
    entered = dict(widgets["campaign.statistics"]["rows"])["entered_profiles"]
    return {"campaign": report["campaign_id"], **report["health"], "entered": entered, **message}


def write(folder: Path, mapping: str, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_text(text, encoding="utf-8")
    (folder / "m.toml").write_text(mapping, encoding="utf-8")
    return with_mapping(str(folder / "in"), folder / "m.toml")


def test_a_csv_of_ones_own(tmp_path: Path) -> None:
    source = write(tmp_path, COLUMNS + STATUSES, {"a/spring-sale.csv": ROWS})
    counted = counts_of(source)
    wanted = {"campaign": "spring-sale", "events": 6, "rejected": 2, "ignored": 1, "entered": 2}
    wanted |= {"message_id": "spring-sale", "sent": 2, "delivered": 1, "bounces": 1}
    wanted |= {"opens": 1, "clicks": 1, "duplicates": 0}
    assert counted | wanted == counted
    with closing(open_rollup(source)) as rollup:
        rejects = [(reject.row, reject.cause) for reject in rollup.health.rejects]
        assert rejects == [
            (7, "unknown status 'Odd'"),
            (8, "timestamp is not a time of the form %d/%m/%Y %H:%M or epoch_ms"),
        ]
        assert rollup.health.notes == (
            "mapping, rule 1: rows have no id, so that equal rows count once",
        )
        newest = rollup.snapshot(at=AT, window=timedelta(days=7)).newest_event
    assert newest == datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


@pytest.mark.usefixtures("matrix")
def test_others_can_be_ignored_and_rows_by_a_value_or_a_pattern(tmp_path: Path) -> None:
    mapping = COLUMNS.replace(
        "[rule.columns]",
        'ignore = [{ from = "mail", pattern = "^(ann|ANN)@" },\n'
        '{ from = "why", values = ["unknown user"] }]\n'
        "[rule.columns]",
    ) + STATUSES.replace('from = "status"', 'from = "status"\nothers = "ignore"')
    counted = counts_of(write(tmp_path, mapping, {"spring-sale.csv": ROWS}))
    assert (counted["events"], counted["rejected"], counted["ignored"]) == (2, 1, 5)


@pytest.mark.usefixtures("matrix")
def test_a_file_that_grows_and_one_that_is_new(tmp_path: Path) -> None:
    head, *lines = ROWS.splitlines(keepends=True)
    source = write(tmp_path, COLUMNS + STATUSES, {"one.csv": head + lines[0]})
    with closing(new_rollup(source, "one")) as rollup:
        rollup.refresh()
        with (tmp_path / "in" / "one.csv").open("a", encoding="utf-8") as log:
            log.writelines(lines[1:])
        (tmp_path / "in" / "two.csv").write_text(ROWS, encoding="utf-8")
        assert rollup.refresh()
        assert [(c.id, c.events) for c in rollup.campaigns()] == [("one", 6), ("two", 6)]
        assert (rollup.health.rejected, rollup.health.ignored) == (4, 2)


@pytest.mark.usefixtures("matrix")
def test_a_saved_state_is_used_with_its_own_mapping_only(tmp_path: Path) -> None:
    source = write(tmp_path, COLUMNS + STATUSES, {"one.csv": ROWS})
    state = tmp_path / "state"

    def read() -> tuple[int, int]:
        with closing(new_rollup(source, "one", state=state)) as rollup:
            rollup.refresh()
            rollup.save(wait=True)
            with (tmp_path / "in" / "one.csv").open("a", encoding="utf-8") as log:
                log.write("new@n.example;It's open;20/11/2026 13:07;\n")
            rollup.refresh()
            return rollup.health.events, rollup.health.rejected

    assert read() == (7, 2)
    assert read() == (7, 2)  # the line that was added is equal to the one before
    mapping = tmp_path / "m.toml"
    mapping.write_text(mapping.read_text().replace('Queued = "ignore"', 'Queued = "delay"'))
    assert read() == (8, 2)


@pytest.mark.usefixtures("matrix")
def test_columns_of_a_known_vendor(tmp_path: Path) -> None:
    rows = [
        {
            "sg_event_id": str(number),
            "sg_message_id": "m",
            "event": kind,
            "email": f"p{number}@x.example",
            "timestamp": 1795176000 + number,
            "subject": subject,
            "reason": "550 5.1.1 unknown" if kind == "bounce" else None,
        }
        for number, (kind, subject) in enumerate(
            [
                ("processed", "[spring] Hello"),
                ("bounce", "[spring] Hello"),
                ("open", "no tag"),
                ("processed", "[summer] Hello"),
            ]
        )
    ]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    mapping = """
[[rule]]
format = "sendgrid"
[rule.columns]
campaign_id = { from = "subject", pattern = '^\\[(\\w+)\\]' }
message_id = { path = "folder" }
reason = { from = "reason", pattern = "^[0-9]{3}", group = 0 }
"""
    source = write(tmp_path, mapping, {"mail-7/events.ndjson": text})
    counted = counts_of(source, "spring")
    assert (counted["events"], counted["rejected"], counted["message_id"]) == (3, 1, "mail-7")
    with closing(open_rollup(source, "spring")) as rollup:
        assert rollup.health.rejects[0].cause.startswith("campaign is missing")
        report = to_json(rollup.snapshot(at=AT, window=timedelta(days=7)))
    assert report["widgets"]["email.bounce_reasons"]["rows"] == [["550", 1]]


@pytest.mark.usefixtures("matrix")
def test_canonical_rows_with_another_campaign(tmp_path: Path) -> None:
    event = {"event_id": "1", "timestamp": "2026-11-20T12:00:00Z", "message_id": "m"}
    event |= {"channel": "email", "profile_id": "p", "event_type": "sent", "is_test": "no"}
    mapping = """
[[rule]]
format = "canonical"
[rule.columns]
campaign_id = ["campaign_id", { path = "partition:camp" }]
"""
    source = write(tmp_path, mapping, {"camp=x%20y/a.ndjson": json.dumps(event) + "\n"})
    counted = counts_of(source)
    assert (counted["campaign"], counted["sent"]) == ("x y", 1)


HOSTILE = (
    "a'b",
    'a"b',
    "a\\b",
    "a;DROP TABLE x",
    "a.b",
    "é ü",
    "$.x",
    "{{x}}",
    "a\tb",
    "[0]",
    "--",
)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_names_and_values_of_any_kind(tmp_path: Path, form: str) -> None:
    """Names and values that mean something to SQL, JSON paths or globs are names and values."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(HOSTILE):
        row = {
            "id": f"e{number}",
            "t": "2026-11-20T12:00:00Z",
            "p": "p",
            name: f"value {name}",
            f"kind {name}": name,
        }
        files.write([row], tmp_path / "in" / f"f{number}.{form}")

    def quoted(text: str) -> str:
        return '"' + "".join(f"\\U{ord(c):08X}" for c in text) + '"'

    rules = [
        f"""
[[rule]]
name = {quoted(name)}
files = "f{number}.*"
[rule.columns]
event_id = "id"
timestamp = "t"
profile_id = "p"
channel = {{ value = "email" }}
campaign_id = {quoted(name)}
message_id = {{ value = {quoted(name)} }}
[rule.events]
from = {quoted(f"kind {name}")}
[rule.events.values]
{quoted(name)} = {{ event_type = "sent", reason = {quoted(name)} }}
"""
        for number, name in enumerate(HOSTILE)
    ]
    (tmp_path / "m.toml").write_text("".join(rules), encoding="utf-8")
    with closing(open_rollup(with_mapping(str(tmp_path / "in"), tmp_path / "m.toml"))) as rollup:
        assert not rollup.health.rejects
        assert not rollup.health.notes
        campaigns = {campaign.id for campaign in rollup.campaigns()}
    assert campaigns == {f"value {name}" for name in HOSTILE}


@pytest.mark.usefixtures("matrix")
def test_outcomes_count_as_sends_where_a_rule_asks(tmp_path: Path) -> None:
    statuses = STATUSES.replace('["sent", "delivered"]', '"delivered"').replace(
        '{ event_type = "sent" }, ', ""
    )
    for sends, sent in (("events", 0), ("outcomes", 2)):
        mapping = COLUMNS.replace("[rule.columns]", f'sends = "{sends}"\n[rule.columns]')
        counted = counts_of(write(tmp_path, mapping + statuses, {"spring-sale.csv": ROWS}))
        assert (counted["sent"], counted["delivered"], counted["bounces"]) == (sent, 1, 1)
