"""Names that are alike, in every output: each row can be distinguished from all others."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from campaign_live_widgets.app.feeds.read_once import read_snapshot
from campaign_live_widgets.app.notebook.comparison import Comparison
from campaign_live_widgets.app.notebook.controller import _unknown
from campaign_live_widgets.app.notebook.static_report import StaticReport
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.catalog import TILES, Text
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.dashboard.page.filters import Filters
from campaign_live_widgets.rendering.charts import specification
from campaign_live_widgets.rendering.html.notebook import report_html
from campaign_live_widgets.rendering.html.page import html
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.alarms import alarms
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.text import text, tile_parts
from campaign_live_widgets.report import frame, names_of, to_csv, to_json
from campaign_live_widgets.snapshot import Campaign, Health, Lost
from campaign_live_widgets.snapshots.diff.difference import difference
from campaign_live_widgets.snapshots.index.index import write_index
from campaign_live_widgets.widgets import TileWidget
from tests.support.cli import call
from tests.support.events import alike
from tests.support.reports.elements import parse
from tests.support.reports.snapshot_folders import publish
from tests.support.reports.static_reports import static_report, usual

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Snapshot

MESSAGES = TILES["email.metrics_by_message"]
REASONS = TILES["email.bounce_reasons"]
DOMAINS = ["gmail.com", "gma\u0131l.com (gma\\u0131l.com)", "grnail.com (#2094b0)"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(alike.write(tmp_path_factory.mktemp("alike")))


@cache
def read(source: str, *messages: str) -> Snapshot:
    query = parse_query(
        campaign="c-1",
        at=alike.AT.isoformat(),
        messages=messages,
        executions=("run-a", "run-b", "run-c") if messages else (),
    )
    return read_snapshot(source, query, alike.AT)


@pytest.fixture
def snapshot(source: str) -> Snapshot:
    return read(source)


def sent(snapshot: Snapshot) -> dict[str, int]:
    """Return how many e-mails each message sent, by the name that it is shown under."""
    rows = frame(MESSAGES, snapshot)
    return {alike.LABELS[i]: n for i, n in zip(rows["message_id"], rows["sent"], strict=True)}


def test_each_row_keeps_its_own_number(snapshot: Snapshot) -> None:
    assert sent(snapshot) == {alike.LABELS[i]: n for i, n in alike.SENT.items()}


def test_a_table_in_the_page_shows_the_ids_of_messages_of_one_name(snapshot: Snapshot) -> None:
    widget = TileWidget(
        MESSAGES, frame(MESSAGES, snapshot), names=names_of(MESSAGES, snapshot, "en")
    )
    grid = widget._views["table"]._target
    assert grid.rows == [alike.LABELS[i] for i in grid.ids]
    begin_alike = {grid.rows[int(i)] for i in grid.alike}
    assert begin_alike == {alike.LABELS[i] for i in ("m-01", "m-02", "m-03", "m-04", "m-05")}


@pytest.mark.parametrize("kind", ["donut", "table"])
def test_reasons_with_one_label_have_their_codes_beside_it(snapshot: Snapshot, kind: str) -> None:
    rows = frame(REASONS, snapshot)
    widget = TileWidget(REASONS, rows, names=names_of(REASONS, snapshot, "en"), view=kind)
    target = widget._views[kind]._target
    labels = target.labels if kind == "donut" else target.rows
    assert dict(zip(labels, rows["bounces"], strict=True)) == {
        alike.LABELS_OF_REASONS[code]: count for code, count in alike.REASONS.items()
    }


@pytest.mark.parametrize(("locale", "label"), [("en", "Other"), ("fr", "Autres")])
def test_other_providers_are_called_by_one_word(locale: str, label: str) -> None:
    names = names_of(TILES["deliverability.providers"], usual(), locale)
    assert names["other"] == label


def test_names_are_the_same_in_every_tile_of_a_report(snapshot: Snapshot) -> None:
    bounces = TILES["email.bounces_by_message"]
    rows = frame(bounces, snapshot)
    assert list(rows["message_id"]) == ["m-10"]
    whole, part = (names_of(tile, snapshot, "en") for tile in (MESSAGES, bounces))
    assert dict(whole) == dict(part)


def test_the_sentence_names_the_message_and_its_id(snapshot: Snapshot) -> None:
    names = names_of(MESSAGES, snapshot, "en")
    rows = frame(MESSAGES, snapshot).query("message_id in ['m-01', 'm-02']")
    assert "led by Hello (m-02) with 3" in summary(MESSAGES, rows, names=names)


def test_charts_of_files_distinguish_similar_domains(snapshot: Snapshot) -> None:
    tile = TILES["email.recipient_domains"]
    names = names_of(tile, snapshot, "en")
    spec = specification(tile, frame(tile, snapshot), names=names, theme="light")
    assert [row["label"] for row in spec["data"]["values"]] == DOMAINS


def test_a_long_name_has_its_difference_in_a_second_line(snapshot: Snapshot) -> None:
    tile = TILES["push.tracking_by_platform"]
    rows = frame(TILES["push.tracking_by_platform"], snapshot)
    long = [
        "A platform of a very long name that is not seen as a whole, version " + n for n in "12"
    ]
    rows = rows.assign(platform=long)
    for theme, width in (("css", 600), ("light", 300)):
        spec = specification(tile, rows, theme=theme, width=width)
        lines = [row["lines"] for row in spec["data"]["values"]]
        assert [one[-1] for one in lines] == ["1", "2"]
        assert all(one[0].startswith("A platform") for one in lines)


def test_the_offline_page_distinguishes_messages(snapshot: Snapshot) -> None:
    root = parse(html(static_report(snapshot)))
    tile = next(t for t in root.all("article") if t.attributes["data-tile"] == MESSAGES.id)
    body = tile.one("tbody")
    names = {row.one("th").text: row.all("td")[0].text for row in body.all("tr")}
    assert names == {name: str(count) for name, count in sent(snapshot).items()}
    assert root.one("title").text.startswith("Spring sale (c-1) ·")
    files = json.loads(root.one("script", id="clw-page-data").text)["files"]
    rows = list(csv.reader(io.StringIO(files[MESSAGES.id])))[1:]
    assert {row[0]: row[1] for row in rows} == {i: alike.LABELS[i] for i in alike.SENT}


def test_csv_with_labels_distinguishes_reasons(snapshot: Snapshot) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(snapshot, labels=True))))
    start = next(i for i, row in enumerate(rows) if row and row[0] == REASONS.id)
    table = rows[start + 2 : start + 2 + len(alike.REASONS)]
    assert {row[0]: row[1] for row in table} == alike.LABELS_OF_REASONS


def test_text_distinguishes_messages(snapshot: Snapshot) -> None:
    lines = [" ".join(line.split()) for line in text(static_report(snapshot)).splitlines()]
    assert lines[0].startswith("Spring sale (c-1) 22 Nov")
    for name, count in sent(snapshot).items():
        short = name.replace("\u200b", "").replace("our newsletter, ", "o…")
        assert any(line.startswith(f"{short} {count} ") for line in lines), short


def test_html_of_notebooks_distinguishes_messages(snapshot: Snapshot) -> None:
    page = report_html(static_report(snapshot), pictures=False)
    assert ">Spring sale (c-1)</h2>" in page
    for name in sent(snapshot):
        assert f">{name}</th>" in page


def test_executions_are_distinguished_by_second_year_or_id(snapshot: Snapshot) -> None:
    assert phrases.run_names(snapshot, "UTC", "en") == alike.LABELS_OF_RUNS


def test_executions_of_one_year_are_shown_without_it(snapshot: Snapshot) -> None:
    runs = [run for run in snapshot.executions if run.id in {"run-a", "run-b", "run-e"}]
    some = replace(snapshot, executions=tuple(runs))
    assert phrases.run_names(some, "UTC", "en") == {
        "run-a": "23 Nov 13:59:10",
        "run-b": "23 Nov 13:59:40",
        "run-e": "23 Nov 12:00",
    }


def test_the_head_and_chips_name_what_is_counted(source: str) -> None:
    some = read(source, "m-01", "m-02", "m-04")
    runs = ", ".join(sorted(alike.LABELS_OF_RUNS[one] for one in ("run-a", "run-b", "run-c")))
    assert phrases.scope(some, "UTC", "en") == [
        f"3 of 11 messages (Hello (m-01), Hello (m-02), {alike.LONG[:41]}…mail 1)",
        f"3 of 6 executions ({runs})",
    ]
    filters = Filters()
    filters.show(some, "UTC")
    chips = {one[0]: one[-1] for one in filters.messages}
    assert chips["m-01"] == "Hello (m-01)"
    assert len(set(chips.values())) == len(chips)
    assert {one[0]: one[-1] for one in filters.executions} == alike.LABELS_OF_RUNS
    assert filters.campaign == ["c-1", "Spring sale", "Spring sale (c-1)"]


def test_the_page_of_a_message_shows_its_id_where_its_name_is_blank(snapshot: Snapshot) -> None:
    page = Dashboard(snapshot)
    page.show_detail("m-09")
    assert page.header.detail == ["", "m-09"]
    assert page.header.campaign == "Spring sale (c-1)"


def test_the_caption_of_files_has_the_campaign_id(snapshot: Snapshot) -> None:
    assert phrases.caption(snapshot, "UTC", "en", None).startswith("Spring sale (c-1) ·")
    unique = replace(snapshot, campaign_names={"c-1": "Spring sale", "c-2": "Summer sale"})
    assert phrases.caption(unique, "UTC", "en", None).startswith("Spring sale ·")


def test_json_has_names_as_they_are(snapshot: Snapshot) -> None:
    assert to_json(snapshot)["campaign_name"] == "Spring sale"


def test_reports_of_two_campaigns_are_compared_by_their_ids(source: str) -> None:
    at = alike.AT.isoformat()
    reports = [StaticReport(source, one, at=at) for one in alike.CAMPAIGNS]
    assert Comparison(*reports)._names() == ("Spring sale (c-1)", "Spring sale (c-2)")
    assert [one.lines()[0].partition(" · ")[0] for one in reports] == [
        "Spring sale (c-1)",
        "Spring sale (c-2)",
    ]
    same = Comparison(reports[0], reports[0])._names()
    assert len(set(same)) == 2


def test_long_ids_of_campaigns_differ_in_the_list(tmp_path: Path) -> None:
    ids = [f"a-very-long-id-of-a-campaign-of-our-company-in-2026-{i}" for i in (1, 2)]
    lines = [
        json.dumps({**alike.rows()[0], "campaign_id": one, "event_id": one}) + "\n" for one in ids
    ]
    (tmp_path / "events.ndjson").write_text("".join(lines))
    lines = call("campaigns", str(tmp_path)).out.splitlines()[1:]
    cells = [line.split()[0] for line in lines]
    assert sorted(cell[-1] for cell in cells) == ["1", "2"]
    assert all("…" in cell for cell in cells)


def test_the_list_of_snapshots_distinguishes_campaigns(tmp_path: Path, snapshot: Snapshot) -> None:
    other = replace(snapshot, campaign_id="c-2")
    for one in (snapshot, other):
        publish(tmp_path, one)
    root = parse(write_index(tmp_path).read_text("utf-8"))
    assert [h2.text for h2 in root.all("h2")] == ["Spring sale c-2", "Spring sale c-1"]
    tables = [div.attributes["aria-label"] for div in root.all("div", "wide")]
    assert tables == ["Spring sale (c-2)", "Spring sale (c-1)"]


def test_a_difference_distinguishes_long_messages(tmp_path: Path, snapshot: Snapshot) -> None:
    ids = {f"m-0{i}": f"{alike.LONG} {i}".replace(" ", "-") for i in (4, 5)}
    counts = snapshot.counts["message_id"]
    renamed = replace(counts, values=tuple(ids.get(value, value) for value in counts.values))
    after = replace(snapshot, counts={**snapshot.counts, "message_id": renamed})
    folders = [publish(tmp_path / name, one) for name, one in (("a", snapshot), ("b", after))]
    for output in (difference(*folders).to_text(width=200), difference(*folders).to_html()):
        for i in (4, 5):
            assert f"{i} (only after)" in output


def test_names_in_a_narrow_terminal_keep_their_difference(snapshot: Snapshot) -> None:
    console = Console(file=io.StringIO(), width=100)
    for part in tile_parts(
        MESSAGES, frame(MESSAGES, snapshot), names_of(MESSAGES, snapshot, "en"), "en", columns=100
    ):
        console.print(fitting(part, 100))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    long = [line for line in lines if line.strip().startswith("Spring")]
    assert [line.split("…")[1].split()[:2] for line in long] == [["mail", "2"], ["mail", "1"]]


def test_a_notice_shows_how_a_long_id_differs_from_the_one_that_is_meant() -> None:
    ids = [f"{alike.LONG}, in a language of the world, part {i}" for i in (1, 2)]
    notice = _unknown(Text("{} is unknown.{}", "{}{}"), "message", ids[1], ids[:1])("en")
    given, meant = notice.split(" is unknown. Did you mean ")
    assert given.endswith("2")
    assert meant.endswith("1?")


def test_a_damaged_store_lists_campaigns_by_what_differs() -> None:
    day = (alike.AT.date(),)
    ids = [f"{alike.LONG}-{i}" for i in (1, 2)]
    lost = tuple(Lost(one, day, 1, 1) for one in ids)
    (line,) = alarms(Health(missing=2, lost=lost), "en")
    assert "-1, 23 Nov 2026; " in line
    assert "-2, 23 Nov 2026)" in line


def test_menus_distinguish_campaigns_with_long_ids(source: str) -> None:
    ids = [f"{'long-' * 30}{i}" for i in (1, 2)]
    campaigns = [Campaign(one, "Spring sale", 1, alike.AT, None) for one in ids]
    sent_messages: list[dict[str, object]] = []
    filters = Filters()
    filters.send = sent_messages.append
    filters.send_choices(campaigns, read(source), "UTC")
    (choices,) = sent_messages
    names = [name for _, name, _ in choices["campaigns"]]  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)
