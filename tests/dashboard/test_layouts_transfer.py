"""A layout that leaves one page as a file and comes into another."""

from __future__ import annotations

from typing import Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.dashboard.editing.editor import Editor
from campaign_live_widgets.layouts.document import write_report, write_tab
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import TabLayouts
from campaign_live_widgets.layouts.transfer import FILE_NAME, import_layout
from tests.support.events.memory import NOW, Event, snapshot_of

STANDARD = places(TILES.values())
TURNED = {tab: tuple(reversed(row)) for tab, row in STANDARD.items()}


def test_an_exported_layout_can_be_imported() -> None:
    assert FILE_NAME.endswith(".json")
    row, message = import_layout(write_report(TURNED).encode(), "email", STANDARD)
    assert row == TURNED["email"]
    assert message.en == (
        "The file's layout is shown. Save to keep it. "
        "It also has layouts of other tabs (Campaign, Push, Deliverability): import it there."
    )
    assert "(Campagne, Push, Délivrabilité)" in message.fr


def test_a_file_of_this_tab_alone_mentions_no_other_tabs() -> None:
    row, message = import_layout(write_tab("push", TURNED["push"]).encode(), "push", STANDARD)
    assert row == TURNED["push"]
    assert message.fr == "La disposition du fichier est affichée. Enregistrez-la pour la conserver."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "Invalid layout file: it is not UTF-8 text."),
        (b"{}", "Invalid layout file: it is not a layout of this report."),
        (b" " * 300_000, "Invalid layout file: it is larger than 256 kB."),
        (write_report({}).encode(), "This file has no layout for this tab."),
        (write_tab("sms", ()).encode(), 'Invalid layout file: unknown tab "sms".'),
    ],
)
def test_an_invalid_file_is_reported(data: bytes, message: str) -> None:
    assert import_layout(data, "email", STANDARD)[0] is None
    assert import_layout(data, "email", STANDARD)[1].en == message


def test_ignored_parts_of_a_file_are_reported() -> None:
    text = write_tab("push", TURNED["push"]).replace("push.failures", "push.successes")
    row, message = import_layout(text.encode(), "push", STANDARD)
    assert row is not None
    assert 'Ignored: unknown tile "push.successes".' in message.en


def editor_of(dashboard: Dashboard, tab: int) -> Editor:
    return next(part for part in dashboard.tabs.children[tab].children if isinstance(part, Editor))


def test_an_import_shows_the_layout_and_saves_nothing(sent: list[Any]) -> None:
    dashboard = Dashboard(
        snapshot_of([Event("sent")]), now=NOW, locale="fr", layouts=TabLayouts(STANDARD)
    )
    message = {"type": "import", "viewer": "x"}
    data = {"method": "custom", "content": message}
    file = write_report(TURNED).encode()
    del sent[:]
    editor_of(dashboard, 1)._handle_msg({"content": {"data": data}, "buffers": [memoryview(file)]})
    assert dashboard.layout_of_tabs() == {**STANDARD, "email": TURNED["email"]}
    answers = [d["content"] for _, d in sent if d.get("method") == "custom"]
    assert [a["type"] for a in answers] == ["imported"]
    assert answers[0]["text"].startswith("La disposition du fichier est affichée.")
    editor_of(dashboard, 1)._handle_msg({"content": {"data": data}, "buffers": []})
    editor_of(dashboard, 1)._handle_msg({"content": {"data": data}, "buffers": [b"nonsense"]})
    assert dashboard.layout_of_tabs() == {**STANDARD, "email": TURNED["email"]}


def test_an_import_skips_tiles_that_the_page_does_not_have(sent: list[Any]) -> None:
    dashboard = Dashboard(
        snapshot_of([Event("sent")]),
        now=NOW,
        tiles=["email.summary", "email.bounce_reasons"],
        layouts=TabLayouts(TURNED),
    )
    assert sent
    assert [p.tile_id for p in dashboard.layout_of_tabs()["email"]] == [
        "email.bounce_reasons",
        "email.summary",
    ]
    assert dashboard.layout_of_tabs()["email"][1] == Place("email.summary", 7, 12)
