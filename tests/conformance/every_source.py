"""Every way in which events reach a report. To add one is to add a line to :data:`SOURCES`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from campaign_live_widgets.store import Store
from tests.support.channels import avro_files
from tests.support.channels import words as channels
from tests.support.events import files, mapped
from tests.support.repeats import repeats
from tests.support.servers import tables
from tests.support.servers.engines import OnPostgres, OnSpark
from tests.support.vendors import in_adobes_words as adobe
from tests.support.vendors import in_mail_words as mail
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


def _without_codes(row: Row) -> list[Row]:
    """Return the event of a row whose mapping names no column for codes."""
    return [row | {"status_code": None, "machine_reason": None}]


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
    streams: int = max(2, repeats(5))
    """How many streams of events are put into it, each new one with another seed."""
    has_tests: bool = True
    """Whether it can express that a message is a test."""
    fills: str = "email.bounce"
    """How the names of tiles start that its events fill."""
    least: int = 70
    """How many events of a stream it can express, at least."""
    keeps_columns: bool = False
    """Whether it expresses all columns: links, codes, and what machines did."""
    has_pairs: bool = True
    """Whether distinct pairs of a profile and a send are counted."""


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
    **differs: Any,  # noqa: ANN401 - attributes of the source
) -> Source:
    """Return a vendor's events in documents of JSON, each call one."""

    def new(place: Place) -> Put:
        numbers = count()

        def put(rows: list[Row]) -> str:
            path = place.folder / f"{next(numbers)}.json"
            path.write_text(text([raw for row in rows if (raw := word(row))]), encoding="utf-8")
            return str(place.folder)

        return put

    return Source(name, new, expresses=lambda row: word(row) is not None, means=means, **differs)


def _adobe(name: str, form: str, shape: Callable[[Row], Row]) -> Source:
    """Return Journey Optimizer's exports in files of one form."""

    def new(place: Place) -> Put:
        put = _files(form)(place)
        return lambda rows: put([shape(raw) for row in rows if (raw := adobe.xdm(row))])

    return Source(
        name, new, expresses=lambda row: adobe.xdm(row) is not None, means=adobe.xdm_means
    )


def _mapped(form: str, shape: Callable[[Row], Row] = dict) -> Source:
    """Return somebody's own export in files of one form, read by a mapping."""

    def new(place: Place) -> Put:
        mapping = mapped.write_mapping(place.folder)
        (place.folder / "exports").mkdir()
        put = _files(form)(Place(place.folder / "exports", place.fixture))
        return lambda rows: f"{mapping}:{put([shape(mapped.own_words(row)) for row in rows])}"

    return Source(
        f"mapped {form}",
        new,
        expresses=mapped.is_expressible,
        means=_without_codes,
        keeps_columns=True,
    )


def _mapped_table(fixture: str, kind: Callable[[Any], Engine]) -> Callable[[Place], Put]:
    """Return somebody's own table of texts, read by a mapping."""

    def new(place: Place) -> Put:
        engine = kind(place.fixture(fixture))
        mapping = mapped.write_mapping(place.folder, "events_*")
        empty = dict.fromkeys(mapped.CANONICAL)
        columns = (*files.flattened(mapped.own_words(empty)), "event_id")
        name = engine.create(columns, texts=columns)

        def put(rows: list[Row]) -> str:
            own = [files.flattened(mapped.own_words(row)) for row in rows]
            engine.insert(name, [mapped.as_texts(row) for row in own])
            return f"{mapping}:{engine.url(name)}"

        return put

    return new


def _mapped_store(place: Place) -> Put:
    """Ingest somebody's own export into a store, by a mapping."""
    mapping = mapped.write_mapping(place.folder)
    (place.folder / "exports").mkdir()
    put = _files("ndjson", "csv")(Place(place.folder / "exports", place.fixture))

    def ingest(rows: list[Row]) -> str:
        with Store.open(place.folder / "store") as store:
            store.ingest(
                f"{mapping}:{put([files.flattened(mapped.own_words(row)) for row in rows])}"
            )
        return str(place.folder / "store")

    return ingest


def _braze_in_avro(place: Place) -> Put:
    """Put every call's rows into Avro files: one for each type of event, in a folder named so."""
    numbers = count()

    def put(rows: list[Row]) -> str:
        number = next(numbers)
        records: dict[str, list[Row]] = {}
        for row in rows:
            if (raw := channels.braze(row)) and (record := channels.braze_record(row)):
                records.setdefault(raw["event_type"], []).append(record)
        for kind, some in records.items():
            folder = place.folder / f"event_type={kind}"
            folder.mkdir(exist_ok=True)
            avro_files.write(some, folder / f"{number}.avro")
        return str(place.folder)

    return put


_FILLS: Final = {"fcm": "push.sending", "airship": "email.bounce_"}
SOURCES: Final = (
    *(Source(form, _files(form), keeps_columns=True) for form in files.FORMS),
    Source("files of all forms", _scattered, keeps_columns=True),
    Source("a file that grows", _growing, keeps_columns=True),
    Source("store, ingested", _ingested, keeps_repeats=False, keeps_columns=True),
    Source("store, appended", _appended, keeps_repeats=False, keeps_columns=True),
    Source(
        "postgresql",
        _engine("postgres", OnPostgres),
        pytest.mark.database,
        expresses=_typed,
        keeps_columns=True,
        has_pairs=False,
    ),
    Source(
        "spark",
        _engine("spark", OnSpark),
        pytest.mark.database,
        expresses=_typed,
        streams=1,
        keeps_columns=True,
        has_pairs=False,
    ),
    _vendor("sendgrid", vendors.sendgrid, means=vendors.sendgrid_means),
    _vendor("ses", vendors.ses, means=vendors.replied),
    _vendor("ses by sns", vendors.ses_by_sns, means=vendors.replied),
    _vendor("ses by firehose", vendors.ses, files.ndjson_text, means=vendors.replied),
    _vendor("mailgun", vendors.mailgun, means=vendors.mailgun_means),
    _vendor("postmark", vendors.postmark, means=vendors.postmark_means),
    _vendor("sparkpost", vendors.sparkpost, means=vendors.sparkpost_means),
    *(
        _vendor(
            name,
            word,
            means=means,
            has_tests=name == "onesignal",
            fills=_FILLS.get(name, "email.bounce"),
            least=25 if name == "fcm" else 70,
        )
        for name, (word, means) in channels.WORDS.items()
    ),
    Source(
        "braze in avro",
        _braze_in_avro,
        expresses=lambda row: channels.braze(row) is not None,
        means=channels.braze_means,
        has_tests=False,
    ),
    _vendor("brevo", mail.brevo),
    _vendor("mailjet", mail.mailjet, means=vendors.postmark_means),
    _vendor("mandrill", mail.mandrill, means=mail.bounced_means),
    _vendor("resend", mail.resend),
    _vendor("mailersend", mail.mailersend, means=mail.anonymous_means, has_tests=False),
    _vendor("postal", mail.postal, means=mail.tagged_means, has_tests=False),
    _vendor("mailtrap", mail.mailtrap, means=vendors.postmark_means),
    _adobe("xdm, nested", "parquet", dict),
    _adobe("xdm, lines", "ndjson.gz", dict),
    _adobe("xdm, flattened", "csv", files.flattened),
    _mapped("ndjson"),
    _mapped("csv", files.flattened),
    _mapped("parquet"),
    Source(
        "mapped postgresql",
        _mapped_table("postgres", OnPostgres),
        pytest.mark.database,
        expresses=mapped.is_expressible,
    ),
    Source(
        "mapped spark",
        _mapped_table("spark", OnSpark),
        pytest.mark.database,
        expresses=mapped.is_expressible,
        streams=1,
    ),
    Source(
        "mapped, ingested",
        _mapped_store,
        expresses=mapped.is_expressible,
        means=_without_codes,
        keeps_repeats=False,
        keeps_columns=True,
    ),
)
