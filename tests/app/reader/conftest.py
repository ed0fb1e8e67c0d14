"""A source of one file, and a reader of it in a thread of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.events import files, generate
from tests.support.reader.running import RunningReader, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    files.write(generate.events(5, 300), folder / "1.parquet")
    return folder


@pytest.fixture
def reader(source: Path) -> Iterator[RunningReader]:
    with running(source) as reader:
        yield reader
