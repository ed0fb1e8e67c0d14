"""Every way in which events reach a report. To add one is to add a line to :data:`SOURCES`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from campaign_live_widgets.store import Store
from tests.support.events import files
from tests.support.servers import tables
from tests.support.servers.engines import OnPostgres, OnSpark
from tests.support.vendors import in_adobes_words as adobe
from tests.support.vendors import in_vendors_words as vendors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers.engines import Engine

Row = dict[str, Any]
Put = Callable[[list[Row]], str]
"""Adds canonical rows to a source, in their order, and returns its address."""


@dataclass(frozen=True)
class Place:
    """Where a test may put a source: an empty folder, and servers by their fixtures' names."""

    folder: Path
    fixture: Callable[[str], Any]


def _any(_row: Row) -> bool:
    return True


def _itself(row: Row) -> list[Row]:
    return [row]


@dataclass(frozen=True)
class Source:
    """One way of them.

    ``new`` makes an empty source and returns what adds rows to it. Only rows that it
    ``expresses`` are put, good or bad; what is counted for one is what it ``means``.
    """

    name: str
    new: Callable[[Place], Put]
    mark: pytest.MarkDecorator | None = None
    expresses: Callable[[Row], bool] = _any
    means: Callable[[Row], list[Row]] = _itself
    keeps_repeats: bool = True
    """Whether rows that repeat an event are still there to be counted."""
    streams: int = 5
    """How many streams of events are put into it, each new one with another seed."""


def _files(*forms: str) -> Callable[[Place], Put]:
    """Return canonical rows in files, each call in one of the next form."""

    def new(place: Place) -> Put:
        numbers = count()

        def put(rows: list[Row]) -> str:
            number = next(numbers)
            files.write(rows, place.folder / f"part-{number}.{forms[number % len(forms)]}")
            return str(place.folder)

        return put

    return new


def _scattered(place: Place) -> Put:
    """Put every call's rows into files of all forms, in folders, as chance has it."""
    numbers = count()

    def put(rows: list[Row]) -> str:
        for number, part in zip(numbers, files.split(rows, 9, seed=len(rows)), strict=False):
            day = place.folder / f"day={number % 4}"
            day.mkdir(exist_ok=True)
            files.write(part, day / f"{number}.{files.FORMS[number % len(files.FORMS)]}")
        return str(place.folder)

    return put


def _growing(place: Place) -> Put:
    """Put every call's rows at the end of one file."""
    path = place.folder / "log.ndjson"

    def put(rows: list[Row]) -> str:
        with path.open("a", encoding="utf-8", newline="") as log:
            log.write(files.ndjson_text(rows))
        return str(path)

    return put


def _ingested(place: Place) -> Put:
    """Ingest files into a store."""
    source = place.folder / "exports"
    source.mkdir()
    put = _files(*files.FORMS)(Place(source, place.fixture))

    def ingest(rows: list[Row]) -> str:
        with Store.open(place.folder / "store") as store:
            store.ingest(put(rows))
        return str(place.folder / "store")

    return ingest


def _appended(place: Place) -> Put:
    """Append rows to a store, a hundred a call."""

    def append(rows: list[Row]) -> str:
        with Store.open(place.folder / "store") as store:
            for start in range(0, len(rows), 100):
                store.append(rows[start : start + 100])
        return str(place.folder / "store")

    return append


def _engine(fixture: str, kind: Callable[[Any], Engine]) -> Callable[[Place], Put]:
    """Return a table of an engine that counts."""

    def new(place: Place) -> Put:
        engine = kind(place.fixture(fixture))
        name = engine.create()

        def put(rows: list[Row]) -> str:
            engine.insert(name, rows)
            return engine.url(name)

        return put

    return new


def _typed(row: Row) -> bool:
    return bool(tables.typed([row]))


def _array(rows: list[Row]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def _vendor(
    name: str,
    word: Callable[[Row], Row | None],
    text: Callable[[list[Row]], str] = _array,
    means: Callable[[Row], list[Row]] = _itself,
) -> Source:
    """Return a vendor's events in documents of JSON, each call one."""

    def new(place: Place) -> Put:
        numbers = count()

        def put(rows: list[Row]) -> str:
            path = place.folder / f"{next(numbers)}.json"
            path.write_text(text([raw for row in rows if (raw := word(row))]), encoding="utf-8")
            return str(place.folder)

        return put

    return Source(name, new, expresses=lambda row: word(row) is not None, means=means)


def _adobe(name: str, form: str, shape: Callable[[Row], Row]) -> Source:
    """Return Journey Optimizer's exports in files of one form."""

    def new(place: Place) -> Put:
        put = _files(form)(place)
        return lambda rows: put([shape(raw) for row in rows if (raw := adobe.xdm(row))])

    return Source(
        name, new, expresses=lambda row: adobe.xdm(row) is not None, means=adobe.xdm_means
    )


SOURCES: Final = (
    *(Source(form, _files(form)) for form in files.FORMS),
    Source("files of all forms", _scattered),
    Source("a file that grows", _growing),
    Source("store, ingested", _ingested, keeps_repeats=False),
    Source("store, appended", _appended, keeps_repeats=False),
    Source("postgresql", _engine("postgres", OnPostgres), pytest.mark.database, expresses=_typed),
    Source("spark", _engine("spark", OnSpark), pytest.mark.database, expresses=_typed, streams=1),
    _vendor("sendgrid", vendors.sendgrid),
    _vendor("ses", vendors.ses),
    _vendor("ses by sns", vendors.ses_by_sns),
    _vendor("ses by firehose", vendors.ses, files.ndjson_text),
    _vendor("mailgun", vendors.mailgun),
    _vendor("postmark", vendors.postmark, means=vendors.postmark_means),
    _vendor("sparkpost", vendors.sparkpost),
    _adobe("xdm, nested", "parquet", dict),
    _adobe("xdm, lines", "ndjson.gz", dict),
    _adobe("xdm, flattened", "csv", files.flattened),
)
