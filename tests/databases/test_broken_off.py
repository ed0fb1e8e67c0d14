"""Ctrl-C in the middle of a look at a database: the next look counts what this one did not."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import engines
import generate
import pytest
import tables
from test_every_engine import told, wanted

from campaign_live_widgets.engine import new_rollup, remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Postgres

WINDOW = "30d"


@pytest.fixture
def insert(postgres: Postgres) -> tuple[Callable[[list[dict[str, Any]]], None], str]:
    name = tables.create(postgres, mark="seq bigserial")
    url = postgres.url(name, watermark="seq", overlap="50")
    return partial(engines.OnPostgres(postgres).insert, name), url


def test_at_any_moment(insert: tuple[Callable[[list[dict[str, Any]]], None], str]) -> None:
    rows = tables.typed(generate.events(93))
    fill, url = insert
    fill(rows)
    started = time.monotonic()
    new_rollup(url, "c1").refresh()
    length = time.monotonic() - started
    chance = random.Random(93)  # noqa: S311 - test data
    broken_off = 0
    for _ in range(6):
        rollup = new_rollup(url, "c1")
        through = False
        while not through:
            after = chance.uniform(0, length)
            timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with suppress(KeyboardInterrupt):
                rollup.refresh()
                through = True
                timer.cancel()
                timer.join()
            broken_off += not through
        assert told(rollup, WINDOW) == wanted(rows, WINDOW)
        rollup.close()
    assert broken_off > 0


def test_half_kept(
    insert: tuple[Callable[[list[dict[str, Any]]], None], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tables.typed(generate.events(94))
    fill, url = insert
    fill(rows[:200])
    rollup = new_rollup(url, "c1")
    rollup.refresh()
    fill(rows[200:])
    kept = remote.add_cells

    def keep_and_stop(*given: Any) -> None:  # noqa: ANN401 - whatever it is given
        kept(*given)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(remote, "add_cells", keep_and_stop)
    with pytest.raises(KeyboardInterrupt):
        rollup.refresh()
    monkeypatch.undo()
    rollup.refresh()
    assert told(rollup, WINDOW) == wanted(rows, WINDOW)
    rollup.close()
