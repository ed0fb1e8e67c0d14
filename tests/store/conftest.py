"""A store of several days, once for reading and once for each test that damages it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from campaign_live_widgets.store import Store
from tests.store import workers
from tests.store.damaging import DAYS


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of six commits, each of one day with ten events."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    with Store.open(folder) as store:
        for day in range(DAYS):
            store.append([workers.row(f"d{day}-{n}", day=day) for n in range(10)])
            store.append([{"event_id": f"bad{day}"}])
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "store"))
