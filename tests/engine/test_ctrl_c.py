"""Ctrl-C during a refresh: it stops the refresh, and the next refresh counts the rest."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import FileRollup, new_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.files import chunks
from campaign_live_widgets.store import Store
from tests.support.events import files, generate, interruptions
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 5


def report(of: FileRollup) -> dict[str, Any]:
    return to_json(of.snapshot(at=AT, window=WINDOWS["30d"]))


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("kind", ["files", "store"])
def test_an_interrupted_refresh_is_completed_by_the_next(
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
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 20_000)
    whole = new_rollup(source, "c1")
    length = interruptions.seconds_of(whole)
    expected = report(whole)
    whole.close()
    chance = random.Random(91)  # noqa: S311
    interrupted = 0
    for _ in range(TRIES):
        rollup = new_rollup(source, "c1")
        interrupted += interruptions.refresh_until_complete(rollup, length, chance)
        assert report(rollup) == expected
        rollup.close()
    assert interrupted > 0
