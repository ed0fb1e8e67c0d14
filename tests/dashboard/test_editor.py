from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.dashboard.editing.editor import LABELS, Editor
from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.layouts.places import (
    COLUMNS,
    GAP_PX,
    GUTTER_PX,
    MAX_ROWS,
    MIN_COLUMNS,
    MIN_ROWS,
    ROW_PX,
    Place,
)
from campaign_live_widgets.widgets import TileWidget
from tests.support.events.memory import NOW, Event, snapshot_of
from tests.support.reports.frames import NASTY

if TYPE_CHECKING:
    from collections.abc import Callable

Sent = list[tuple[str, dict[str, Any]]]

KPI, REASONS, DOMAINS = (
    "email.sending_statistics",
    "email.bounce_reasons",
    "email.recipient_domains",
)
PLACES = (Place(KPI, 5, 4), Place(REASONS, 7, 6), Place(DOMAINS, 15, 6))
MOVED = (Place(REASONS, 5, 8), Place(DOMAINS, 15, 6), Place(KPI, 5, 4, shown=False))


def grid_of(places: tuple[Place, ...] = PLACES) -> ReportGrid:
    tiles = [TILES[place.tile_id] for place in places]
    return ReportGrid({t.id: TileWidget(t, NASTY["no_rows"](t)) for t in tiles}, places)


def items(places: tuple[Place, ...]) -> list[dict[str, object]]:
    return [
        {
            "id": p.tile_id,
            "rows": p.rows,
            "columns": p.columns,
            "view": p.view or "",
            "shown": p.shown,
        }
        for p in places
    ]


def say(editor: Editor, message: object) -> None:
    """Send what a page sends."""
    editor._handle_msg(
        {"content": {"data": {"method": "custom", "content": message}}, "buffers": []}
    )


def arrange(editor: Editor, places: object, *, viewer: str = "a", n: int = 1) -> None:
    say(editor, {"type": "arrange", "viewer": viewer, "n": n, "places": places})


def answers(sent: Sent) -> list[dict[str, Any]]:
    return [data["content"] for _, data in sent if data.get("method") == "custom"]


def test_the_page_gets_geometry_titles_and_places() -> None:
    editor = Editor(grid_of(), locale="fr")
    assert editor.geometry == {
        "columns": COLUMNS,
        "row": ROW_PX,
        "gap": GAP_PX,
        "gutter": GUTTER_PX,
        "minRows": MIN_ROWS,
        "maxRows": MAX_ROWS,
        "minColumns": MIN_COLUMNS,
    }
    assert editor.tiles[1] == {
        "id": REASONS,
        "css": "clw-email-bounce-reasons",
        "title": "Causes des bounces",
        "rows": 7,
    }
    assert editor.places == items(PLACES)
    assert editor.labels["modify"] == "Modifier"
    assert editor.labels["lang"] == "fr"


@pytest.mark.parametrize("name", LABELS)
def test_every_text_has_the_same_placeholders_in_both_languages(name: str) -> None:
    text = LABELS[name]
    blanks = [sorted(part.split("}")[0] for part in text(at).split("{")[1:]) for at in ("en", "fr")]
    assert text("en")
    assert text("fr")
    assert blanks[0] == blanks[1]


def test_a_drop_arranges_the_grid_and_is_confirmed(sent: Sent) -> None:
    grid = grid_of()
    editor = Editor(grid)
    sent.clear()
    arrange(editor, items(MOVED), n=7)
    assert grid.places() == MOVED
    assert editor.places == items(MOVED)
    assert answers(sent) == [{"type": "arranged", "viewer": "a", "n": 7}]


def test_a_drop_keeps_the_view_of_a_tile() -> None:
    grid = grid_of()
    editor = Editor(grid)
    grid[REASONS].view = "table"
    arrange(editor, items(MOVED))
    assert grid.places()[0] == Place(REASONS, 5, 8, view="table")


def test_other_changes_of_the_grid_reach_the_page() -> None:
    grid = grid_of()
    editor = Editor(grid)
    grid.arrange(MOVED)
    assert editor.places == items(MOVED)
    editor.close()
    grid.arrange(PLACES)
    assert editor.places == items(MOVED)


def with_first(**changed: object) -> list[dict[str, object]]:
    first, *rest = items(PLACES)
    return [{**first, **changed}, *rest]


HOSTILE: dict[str, object] = {
    "nothing": None,
    "text": "all of them",
    "a number": 3,
    "an object": {"id": KPI},
    "one too few": items(PLACES[1:]),
    "one twice": [*items(PLACES[:2]), items(PLACES)[1]],
    "an unknown tile": with_first(id="email.<script>"),
    "a list for an id": with_first(id=[KPI]),
    "an object for an id": with_first(id={}),
    "items that are not objects": [1, None, "x"],
    "no rows": with_first(rows=0),
    "rows below zero": with_first(rows=-4),
    "rows in text": with_first(rows="5"),
    "half a row": with_first(rows=2.5),
    "rows like an int": with_first(rows=5.0),
    "true rows": with_first(rows=True),
    "endless rows": with_first(rows=10**30),
    "css for rows": with_first(rows="1 / span 4; background: url(//evil)"),
    "too narrow": with_first(columns=MIN_COLUMNS - 1),
    "too wide": with_first(columns=COLUMNS + 1),
    "no columns": [{"id": p.tile_id, "rows": p.rows, "shown": True} for p in PLACES],
    "shown as text": with_first(shown="none"),
}


@pytest.mark.parametrize("places", HOSTILE.values(), ids=HOSTILE)
def test_an_invalid_layout_from_the_page_is_ignored(places: object, sent: Sent) -> None:
    grid = grid_of()
    editor = Editor(grid)
    sent.clear()
    arrange(editor, places)
    assert grid.places() == PLACES
    assert [kind for kind, _ in sent] == ["comm_msg"]
    assert answers(sent) == [{"type": "arranged", "viewer": "a", "n": 1}]


@pytest.mark.parametrize(
    "message",
    [None, 3, "save", [], {}, {"type": []}, {"type": "explode"}, {"viewer": {}, "type": {}}],
)
def test_an_invalid_message_is_ignored(message: object, sent: Sent) -> None:
    grid = grid_of()
    editor = Editor(grid, on_save=lambda _: "never")
    sent.clear()
    say(editor, message)
    assert grid.places() == PLACES
    assert sent == []


def test_a_size_outside_of_the_limits_may_stay_but_not_be_set() -> None:
    tall = (Place(KPI, MAX_ROWS + 5, 2), *PLACES[1:])
    grid = grid_of(tall)
    editor = Editor(grid)
    order = (tall[1], tall[0], tall[2])
    arrange(editor, items(order))
    assert grid.places() == order
    arrange(editor, items((tall[1], Place(KPI, MAX_ROWS + 4, 2), tall[2])))
    assert grid.places() == order


def test_cancel_restores_the_layout_from_before_this_view_began() -> None:
    grid = grid_of()
    editor = Editor(grid)
    grid[DOMAINS].view = "table"
    began = grid.places()
    say(editor, {"type": "edit", "viewer": "a"})
    arrange(editor, items(MOVED))
    say(editor, {"type": "edit", "viewer": "b"})
    grid[DOMAINS].view = "bars"
    say(editor, {"type": "cancel", "viewer": "a"})
    assert grid.places() == began
    say(editor, {"type": "cancel", "viewer": "b"})
    assert grid.places()[0] == MOVED[0]
    say(editor, {"type": "cancel", "viewer": "unknown"})
    assert grid.places()[0] == MOVED[0]


def test_a_cancel_is_confirmed_like_a_change(sent: Sent) -> None:
    editor = Editor(grid_of())
    say(editor, {"type": "edit", "viewer": "a"})
    arrange(editor, items(MOVED))
    sent.clear()
    say(editor, {"type": "cancel", "viewer": "a", "places": items(PLACES), "n": 2})
    assert answers(sent) == [{"type": "arranged", "viewer": "a", "n": 2}]


def test_views_beyond_the_limit_can_still_cancel() -> None:
    grid = grid_of()
    editor = Editor(grid)
    for i in range(100):
        say(editor, {"type": "edit", "viewer": str(i)})
    assert len(editor._before) < 20
    assert "99" in editor._before
    arrange(editor, items(MOVED))
    say(editor, {"type": "cancel", "viewer": "0", "places": items(PLACES)})
    assert grid.places() == PLACES


def test_a_view_that_is_replaced_goes_on_with_its_draft(sent: Sent) -> None:
    dashboard = Dashboard(snapshot_of([Event("sent")]), tiles=[p.tile_id for p in PLACES], now=NOW)
    (before,) = (grid.places() for grid in dashboard.grids.values())
    first = dashboard.tabs.children[0].children[0]
    say(first, {"type": "edit", "viewer": "a"})
    arrange(first, items(MOVED))
    dashboard.tile(REASONS).view = "table"
    assert first.places[0]["view"] == "table"
    dashboard.set_language("fr", "Europe/Paris")
    editor = dashboard.tabs.children[0].children[0]
    assert editor is not first
    assert editor.draft == first.draft
    drafted = (replace(MOVED[0], view="table"), *MOVED[1:])
    assert editor.places == items(drafted)
    sent.clear()
    say(editor, {"type": "edit", "viewer": "a", "places": items(drafted), "n": 1})
    assert answers(sent) == [{"type": "arranged", "viewer": "a", "n": 1}]
    say(editor, {"type": "cancel", "viewer": "a", "places": [], "n": 2})
    assert dashboard.grids["email"].places() == before


def test_a_draft_is_shown_again_with_its_views_and_can_be_cancelled() -> None:
    grid = grid_of()
    editor = Editor(grid, name="report email")
    drafted = (Place(DOMAINS, 1, 2, view="table"), Place(KPI, 5, 4, shown=False), PLACES[1])
    say(editor, {"type": "edit", "viewer": "a", "places": items(drafted), "n": 1})
    assert grid.places() == drafted
    say(editor, {"type": "cancel", "viewer": "a", "places": items(PLACES), "n": 2})
    assert grid.places() == PLACES
    say(editor, {"type": "edit", "viewer": "b", "places": items(drafted[:2]), "n": 1})
    assert grid.places() == PLACES, "a draft that does not name every tile"
    assert editor.draft["name"] == "report email"
    assert editor.draft["session"] != Editor(grid_of()).draft["session"]


def test_a_saved_layout_that_arrives_during_editing_is_what_cancel_shows() -> None:
    grid = grid_of()
    editor = Editor(grid)
    say(editor, {"type": "edit", "viewer": "a", "places": items(MOVED), "n": 1})
    saved = PLACES[::-1]
    editor.load(saved)
    assert grid.places() == MOVED
    say(editor, {"type": "cancel", "viewer": "a"})
    assert grid.places() == saved
    editor.load(PLACES)
    assert grid.places() == PLACES


def test_save_includes_changes_that_did_not_arrive_before(sent: Sent) -> None:
    saved: list[tuple[Place, ...]] = []
    editor = Editor(grid_of(), on_save=saved.append)
    sent.clear()
    say(editor, {"type": "save", "viewer": "a", "places": items(MOVED), "n": 3})
    assert saved == [MOVED]
    assert answers(sent) == [{"type": "saved", "viewer": "a"}]


def test_a_save_that_follows_a_reset_at_once_saves_the_default() -> None:
    saved: list[tuple[Place, ...]] = []
    editor = Editor(grid_of(), on_save=saved.append)
    say(editor, {"type": "edit", "viewer": "a", "n": 1})
    arrange(editor, items(MOVED), n=2)
    say(editor, {"type": "reset", "viewer": "a", "n": 3})
    say(editor, {"type": "save", "viewer": "a", "places": items(MOVED), "n": 3})
    assert saved == [PLACES], "the page has not received the default yet"


def test_reset_shows_the_default_and_saves_nothing() -> None:
    saved: list[tuple[Place, ...]] = []
    grid = grid_of()
    editor = Editor(grid, MOVED, on_save=saved.append)
    say(editor, {"type": "reset", "viewer": "a"})
    assert grid.places() == MOVED
    assert saved == []


def test_save_passes_the_places_and_answers_the_view(sent: Sent) -> None:
    saved: list[tuple[Place, ...]] = []
    editor = Editor(grid_of(), on_save=saved.append)
    arrange(editor, items(MOVED))
    sent.clear()
    say(editor, {"type": "save", "viewer": "a"})
    assert saved == [MOVED]
    assert answers(sent) == [{"type": "saved", "viewer": "a"}]


def refuse(_places: tuple[Place, ...]) -> str:
    return "Somebody else has saved"


def fail(_places: tuple[Place, ...]) -> str:
    message = "the disk is full"
    raise UsageError(message)


@pytest.mark.parametrize(
    ("on_save", "why"), [(refuse, "Somebody else has saved"), (fail, "the disk is full")]
)
def test_a_failed_save_is_reported(
    on_save: Callable[[tuple[Place, ...]], str], why: str, sent: Sent
) -> None:
    grid = grid_of()
    editor = Editor(grid, on_save=on_save)
    arrange(editor, items(MOVED))
    sent.clear()
    say(editor, {"type": "save", "viewer": "a"})
    assert answers(sent) == [{"type": "refused", "viewer": "a", "text": why}]
    assert grid.places() == MOVED


def test_without_storage_the_button_is_done_and_not_save(sent: Sent) -> None:
    editor = Editor(grid_of())
    assert editor.labels["save"] == "Done"
    say(editor, {"type": "save", "viewer": "a"})
    assert answers(sent) == [{"type": "saved", "viewer": "a"}]
    assert Editor(grid_of(), on_save=refuse).labels["save"] == "Save"


def test_another_language_keeps_the_layout() -> None:
    dashboard = Dashboard(snapshot_of([Event("sent")]), tiles=[p.tile_id for p in PLACES], now=NOW)
    dashboard.grids["email"].arrange(MOVED)
    dashboard.tile(REASONS).view = "table"
    before = dashboard.grids["email"].places()
    dashboard.set_language("fr")
    assert dashboard.grids["email"].places() == before
    editor = dashboard.tabs.children[0].children[0]
    assert editor.labels["modify"] == "Modifier"
    assert editor.places == items(before)
