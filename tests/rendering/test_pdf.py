"""The PDF report, parsed page by page: its numbers, its texts, its margins."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pypdfium2
import pytest

from campaign_live_widgets.catalog import METRICS, TILES, column_label
from campaign_live_widgets.layouts.needed import visible_places
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.rendering.language.labels import nothing
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.pdf.pdf import pdf
from campaign_live_widgets.report import frame
from campaign_live_widgets.snapshot import Health, Message, Reject, Selection
from tests.support.events.memory import NOW, Event, snapshot_of
from tests.support.reports.counts import multiplied

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot
    from tests.support.fonts import Font

MADE: Final = datetime(2026, 11, 23, 18, 0, 5, tzinfo=UTC)
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "#set page(fill: red)",
    "$x^2$ @ref <label> `raw` *b* _i_",
    '"quoted" & <b>bold</b>',
    "two\nlines",
    "a\x00b",
    "x" * 10_000,
)
MM: Final = 72 / 25.4


def view_of(snapshot: Snapshot, locale: str = "en", time_zone: str = "UTC") -> ReportView:
    return ReportView(snapshot=snapshot, made_at=MADE, locale=locale, time_zone=time_zone)


def campaign(messages: int = 3) -> Snapshot:
    """Return every type of event, in both channels, for a number of messages."""
    kinds = ("sent", "delivered", "sent", "delivered", "open", "click", "error", "excluded")
    events = []
    for i in range(40 + 8 * messages):
        at = NOW - timedelta(minutes=i % 1400)
        given = {"at": at, "message_id": f"m{i % messages:03}", "profile": f"p{i}"}
        events.append(Event(kinds[i % 8], domain=f"d{i % 5}.example", reason="HTTP", **given))
        events.append(Event(kinds[i % 5], channel="push", platform="ios", **given))
        if i % 3 == 0:
            kind = {"reason": f"r{i % 4}", "bounce_type": ("hard", "soft")[i % 2]}
            events.append(Event("bounce", domain="d0.example", **kind, **given))
    return snapshot_of(events)


def pages(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_bounded() for page in document]


def flat(text: str) -> str:
    return " ".join(text.replace("\N{ZERO WIDTH SPACE}", "").split())


def squeezed(text: str) -> str:
    """Return a text without the characters that line breaks add or remove."""
    return "".join(c for c in text if not c.isspace() and c not in "\u200b\x02\ufffe\xad")


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_number_of_the_report_is_in_the_pdf(locale: str) -> None:
    snapshot = campaign()
    text = squeezed("".join(pages(pdf(view_of(snapshot, locale)))))
    by_tab = visible_places(places(TILES.values()), snapshot)
    for tile in (tile for row in by_tab.values() for tile, _ in row):
        table = frame(tile, snapshot)
        assert squeezed(tile.title(locale)) in text
        if tile.by == "bucket" or tile.fields:
            continue  # drawn as lines, or not all of it
        for column in table.columns[1:]:
            format_value = format_share if column == "share" else format_number
            for count in table[column]:
                assert squeezed(format_value(count, locale)) in text
    for metric in METRICS.values():
        if any(metric.id in tile.metrics for row in by_tab.values() for tile, _ in row):
            assert squeezed(metric.definition(locale)) in text


@pytest.mark.usefixtures("renderers")
def test_a_table_shows_totals_and_rates_with_their_denominators() -> None:
    snapshot = campaign()
    table = frame(TILES["email.metrics_by_message"], snapshot)
    sums = {column: int(table[column].sum()) for column in table.columns[1:]}
    text = flat(" ".join(pages(pdf(view_of(snapshot)))))
    assert "Total " + " ".join(format_number(n) for n in sums.values()) in text
    shares = {
        metric: sums[metric] / sums[METRICS[metric].rate_of or ""]
        for metric in sums
        if METRICS[metric].rate_of
    }
    rates = [
        format_share(None if metric in ("delivered", "bounces") and share > 1 else share)
        for metric, share in shares.items()
    ]
    assert "Rate " + " ".join(rates) in text
    assert "Rates: Delivered, Bounces, Errors ÷ Sent; Opens, Clicks, Unsubscribes" in text


@pytest.mark.usefixtures("renderers")
def test_the_header_describes_the_window_the_selection_and_data_problems() -> None:
    names = {"m001": "Hello", "m002": "Bye"}
    known = tuple(Message(i, names.get(i), ("email",), 1, NOW) for i in ("m000", *names))
    snapshot = replace(
        campaign(),
        messages=known,
        message_names=names,
        selection=Selection(frozenset({"m001"})),
        include_tests=True,
        ending="newest",
        health=Health(
            events=1234, rejected=1, rejects=(Reject("a.csv", 7, "bad"),), notes=("A note",)
        ),
    )
    data = pdf(view_of(snapshot, "fr", "Asia/Kolkata"))
    first = flat(pages(data)[0]).replace("\N{NO-BREAK SPACE}", " ")
    assert first.startswith("Spring sale spring Période 24 h, 22 nov. 2026 20:35")
    assert "23 nov. 2026 20:35 IST. La période se termine au dernier événement" in first
    assert "Fuseau horaire Asia/Kolkata" in first
    assert "Uniquement 1 message sur 3 (Hello) ; envois de test inclus" in first
    assert "1 234 Événements" in first
    assert "Rejetée : a.csv, 7: bad" in first
    assert "A note" in first


@pytest.mark.usefixtures("renderers")
def test_the_pdf_has_a_title_a_language_and_page_numbers() -> None:
    data = pdf(view_of(campaign(), "fr"))
    document = pypdfium2.PdfDocument(data)
    metadata = document.get_metadata_dict()
    assert metadata["Title"] == "Rapport de campagne\N{NO-BREAK SPACE}: Spring sale"
    assert metadata["CreationDate"] == "D:20261123180005Z"
    assert b"/Lang(fr" in data
    for number, text in enumerate(pages(data), start=1):
        assert f"{number}/{len(document)}" in text
        assert "Établi le 23 nov. 2026 18:00:05 UTC" in text
        assert number == 1 or text.startswith("Spring sale")
    for page in document:
        assert page.get_size() == pytest.approx((210 * MM, 297 * MM), abs=1)


@pytest.mark.usefixtures("renderers")
def test_a_long_table_repeats_its_headings_and_keeps_every_row() -> None:
    snapshot = campaign(messages=200)
    tile = TILES["email.metrics_by_message"]
    texts = pages(pdf(view_of(snapshot)))
    heading = " ".join(column_label(c) for c in tile.columns[:-1])
    holding = [text for text in texts if heading in flat(text)]
    assert len(holding) > 3
    for text in holding:
        assert "\nTotal " in text.replace("\r", "")
    for message in frame(tile, snapshot)["message_id"]:
        if message != "m001":
            assert any(f"\n{message} " in text.replace("\r", "") for text in holding)


@pytest.mark.usefixtures("renderers")
def test_reasons_omitted_from_a_chart_are_in_a_table() -> None:
    events = [
        Event(kind, reason=f"reason {i:03}", bounce_type="hard")
        for kind in ("bounce", "error", "excluded")
        for i in range(60)
        for _ in range(1 + (i < 5))
    ]
    text = flat("".join(pages(pdf(view_of(snapshot_of(events))))))
    assert "Other (52)" in text
    assert text.count("Other (36)") == 2
    for i in range(60):
        assert text.count(f"reason {i:03}") >= 3


@pytest.mark.usefixtures("renderers")
def test_an_empty_campaign_is_reported_as_empty() -> None:
    texts = pages(pdf(view_of(snapshot_of([]), "fr")))
    for metric in ("bounces", "errors", "excluded", "opens", "sent"):
        assert nothing(metric)("fr") in flat("".join(texts))
    assert "Aucun événement pour l'instant" in texts[0]


@pytest.mark.usefixtures("renderers")
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_no_text_exceeds_the_margins(locale: str) -> None:
    hostile = multiplied(campaign(messages=60), 2**40)
    names = {f"m{i:03}": HOSTILE[i % len(HOSTILE)] for i in range(60)}
    snapshot = replace(hostile, campaign_name="".join(HOSTILE), message_names=names)
    assert_inside_the_margins(pdf(view_of(snapshot, locale)))


@pytest.mark.usefixtures("renderers")
@pytest.mark.usefixtures("renderers")
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_numbers_of_an_axis_fit_in_every_font(
    font: Font, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in font.environment.items():
        monkeypatch.setenv(name, value)
    place = Place("email.summary", rows=7, columns=12)
    view = view_of(multiplied(campaign(), 50_000), locale)
    data = pdf(replace(view, places={"email": (place,)}))
    assert font.family.replace(" ", "").encode() in data
    assert "200 000" in pages(data)[0].replace("\N{NARROW NO-BREAK SPACE}", " ").replace(",", " ")
    assert_inside_the_margins(data)


def assert_inside_the_margins(data: bytes) -> None:
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        width, _ = page.get_size()
        for i in range(text.count_chars()):
            if text.get_text_range(i, 1).strip():
                left, bottom, right, top = text.get_charbox(i)
                assert left >= 15 * MM - 2
                assert right <= width - 15 * MM + 2
                assert 5 * MM < bottom <= top < 292 * MM


@pytest.mark.usefixtures("renderers")
def test_markup_in_names_is_printed_as_text() -> None:
    names = dict(zip((f"m{i:03}" for i in range(7)), HOSTILE, strict=True))
    name = "#pagebreak() </title> \N{RIGHT-TO-LEFT OVERRIDE}moc"
    snapshot = replace(campaign(messages=7), message_names=names, campaign_name=name)
    text = squeezed("".join(pages(pdf(view_of(snapshot)))))
    for hostile in HOSTILE[:5]:
        assert squeezed(hostile) in text
    assert "a\N{REPLACEMENT CHARACTER}b" in text
    assert "x" * 100 in text
    assert "x" * 130 not in text
    assert text.startswith("#pagebreak()</title>moc")


@pytest.mark.usefixtures("renderers")
def test_the_same_report_view_gives_the_same_file() -> None:
    view = view_of(campaign())
    first = pdf(view)
    assert pdf(view) == first
    assert pdf(replace(view, made_at=MADE + timedelta(days=1))) != first


@pytest.mark.usefixtures("renderers")
def test_only_visible_tiles_are_printed_in_their_selected_view() -> None:
    places = {
        "push": (Place("push.summary", rows=6, columns=12, view="table"),),
        "email": (
            Place("email.bounce_reasons", rows=6, columns=6, view="table"),
            Place("email.error_reasons", rows=6, columns=6, shown=False),
        ),
    }
    snapshot = campaign()
    text = flat("".join(pages(pdf(replace(view_of(snapshot), places=places)))))
    assert "Error reasons" not in text
    assert "Campaign statistics" not in text
    assert text.index("Push summary") < text.index("Bounce reasons")
    assert "Nov 22, 2026, 15:00 0 0 0" in text
    bounces = frame(TILES["email.bounce_reasons"], snapshot)
    row = bounces.iloc[0]
    assert f"{row['reason']} {row['bounces']}" in text


@pytest.mark.usefixtures("processes")
def test_a_missing_extra_is_a_one_line_error() -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); sys.modules['typst'] = None\n"
        "from tests.rendering.test_pdf import pdf, snapshot_of, view_of\n"
        "try: pdf(view_of(snapshot_of([])))\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "a package for PDF is not installed; install it: "
        "pip install 'campaign-live-widgets[export]'\n"
    )
