"""Ctrl-C during a refresh from a database: the next refresh counts the rest."""

from __future__ import annotations

import random
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import campaign_counts, new_rollup
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate, interruptions
from tests.support.servers import engines, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.servers.server import Postgres

WINDOW = "30d"


@pytest.fixture
def insert(postgres: Postgres) -> tuple[Callable[[list[dict[str, Any]]], None], str]:
    name = tables.create(postgres, mark="seq bigserial")
    url = postgres.url(name, watermark="seq", overlap="50")
    return partial(engines.OnPostgres(postgres).insert, name), url


def test_ctrl_c_at_any_moment_changes_no_later_number(
    insert: tuple[Callable[[list[dict[str, Any]]], None], str],
) -> None:
    rows = tables.typed(generate.events(93))
    fill, url = insert
    fill(rows)
    whole = new_rollup(url, "c1")
    length = interruptions.seconds_of(whole)
    whole.close()
    chance = random.Random(93)  # noqa: S311 - test data
    interrupted = 0
    for _ in range(6):
        rollup = new_rollup(url, "c1")
        interrupted += interruptions.refresh_until_complete(rollup, length, chance)
        assert report_of(rollup, WINDOW) == wanted(rows, WINDOW)
        rollup.close()
    assert interrupted > 0


def test_ctrl_c_while_merging_changes_no_later_number(
    insert: tuple[Callable[[list[dict[str, Any]]], None], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tables.typed(generate.events(94))
    fill, url = insert
    fill(rows[:200])
    rollup = new_rollup(url, "c1")
    rollup.refresh()
    fill(rows[200:])
    original = campaign_counts.add_cells

    def keep_and_stop(*given: Any) -> None:  # noqa: ANN401 - whatever it is given
        original(*given)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(campaign_counts, "add_cells", keep_and_stop)
    with pytest.raises(KeyboardInterrupt):
        rollup.refresh()
    monkeypatch.undo()
    rollup.refresh()
    assert report_of(rollup, WINDOW) == wanted(rows, WINDOW)
    rollup.close()
