"""Ctrl-C in the middle of a look: it is heard, and the next look counts what this one did not."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import files
import generate
import pytest
from generate import AT, WINDOWS

from campaign_live_widgets.engine import Rollup, new_rollup, open_rollup, rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 5


def report(of: Rollup) -> dict[str, Any]:
    return to_json(of.snapshot(at=AT, window=WINDOWS["30d"]))


def look(of: Rollup, after: float) -> bool:
    """Look at the source with a Ctrl-C on the way; tell whether the look was through before."""
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    through = False
    with suppress(KeyboardInterrupt):
        of.refresh()
        through = True
        timer.cancel()
        timer.join()
    return through


@pytest.mark.parametrize("kind", ["files", "store"])
def test_a_look_that_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rows = generate.events(91, 900)
    source = tmp_path / "source"
    source.mkdir()
    for number, part in enumerate(files.split(rows, 10, seed=91)):
        files.write(part, source / f"{number}.{files.FORMS[number % len(files.FORMS)]}")
    if kind == "store":
        with Store.open(tmp_path / "store") as store:
            store.ingest(source)
        source = tmp_path / "store"
    monkeypatch.setattr(rollup, "_CHUNK_BYTES", 20_000)
    started = time.monotonic()
    whole = open_rollup(source, "c1")
    length = time.monotonic() - started
    wanted = report(whole)
    whole.close()
    chance = random.Random(91)  # noqa: S311
    broken_off = 0
    for _ in range(TRIES):
        one = new_rollup(source, "c1")
        while not look(one, after=chance.uniform(0, length)):
            broken_off += 1
        assert report(one) == wanted
        one.close()
    assert broken_off > 0
