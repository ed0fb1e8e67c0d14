"""Messages of the reader: what is sent arrives, and anything else is an error and no crash."""

from __future__ import annotations

import json
import random
import struct
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.app.reader.messages.codec import (
    Answer,
    Question,
    encode_answer,
    question_to,
    to_answer,
    to_question,
)
from campaign_live_widgets.app.reader.messages.notices import (
    Names,
    News,
    error_to,
    names_of_to,
    news_to,
    to_error,
    to_names_of,
    to_news,
)
from campaign_live_widgets.app.reader.messages.protocol import (
    DamagedMessageError,
    decode_body,
    encode_body,
)
from campaign_live_widgets.app.reader.messages.values import campaigns_to, to_campaigns
from campaign_live_widgets.catalog import BASES, COUNTS
from campaign_live_widgets.catalog.providers import with_rows
from campaign_live_widgets.errors import (
    CampaignLiveError,
    SourceError,
    StoreError,
    UnknownNameError,
    UsageError,
)
from campaign_live_widgets.snapshot import (
    DIMENSIONS,
    MACHINES,
    Campaign,
    Counts,
    Execution,
    Folded,
    Health,
    Lost,
    Message,
    ProviderSeries,
    Reject,
    Run,
    Selection,
    Snapshot,
    UniqueCounts,
    Uniques,
    Window,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(1 << 63), (1 << 63) - 1)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
names = st.dictionaries(texts, texts, max_size=3)
selections = st.builds(Selection, st.frozensets(texts, max_size=3), st.frozensets(texts))
windows = st.builds(Window, times, times)
lost = st.builds(
    Lost, texts, st.lists(st.dates(date(1, 1, 2)), max_size=3).map(tuple), numbers, numbers
)
rejects = st.builds(Reject, texts, st.none() | numbers, texts)
healths = st.builds(
    Health,
    *[numbers] * 5,
    st.lists(lost, max_size=2).map(tuple),
    st.lists(numbers, max_size=3).map(tuple),
    numbers,
    st.lists(rejects, max_size=3).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
    numbers,
    st.none() | times,
)
messages = st.builds(
    Message, texts, st.none() | texts, st.lists(texts, max_size=2).map(tuple), numbers, times
)
executions = st.builds(Execution, texts, numbers, times, times)
campaigns = st.builds(Campaign, texts, st.none() | texts, numbers, times, st.none() | times)
versions = st.builds("{:x}-{}".format, st.integers(0, 1 << 64), st.integers(0, 1 << 40))
families = st.lists(st.tuples(texts, texts), max_size=2).map(tuple).map(with_rows)
questions = st.builds(
    Question,
    st.none() | texts,
    st.none() | st.timedeltas(timedelta(0), timedelta(days=4000)) | windows,
    st.none() | times,
    selections,
    st.booleans(),
    families=families,
)


@st.composite
def tables(draw: Any, dimension: str) -> Counts:  # noqa: ANN401 - of Hypothesis
    rows = draw(st.integers(0, 5))

    def column(values: SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    values: Any = tuple(column(st.none() | texts))
    if dimension == "bucket":
        values = np.array(column(st.integers(-(1 << 60), 1 << 60)), "int64").view("datetime64[us]")
    seed = draw(st.integers(0, 99))
    counts = np.random.default_rng(seed).integers(-9, 1 << 62, (rows, len(COUNTS)))
    return Counts(values, tuple(column(texts)), counts)


uniques = st.builds(
    Uniques,
    st.dictionaries(texts, st.builds(UniqueCounts, *[numbers] * len(UniqueCounts._fields))),
    st.dictionaries(st.tuples(texts, texts), numbers),
)
lines = st.lists(st.lists(numbers, max_size=2).map(tuple), max_size=2).map(tuple)
pairs = st.frozensets(st.tuples(texts, texts), max_size=3)
snapshots = st.builds(
    Snapshot,
    campaign_id=texts,
    campaign_name=st.none() | texts,
    window=windows,
    counts=st.fixed_dictionaries({dimension: tables(dimension) for dimension in DIMENSIONS}),
    entered_profiles=numbers,
    message_names=names,
    newest_event=st.none() | times,
    health=healths,
    include_tests=st.booleans(),
    machines=st.sampled_from(MACHINES),
    basis=st.sampled_from(BASES),
    families=families,
    provider_series=st.builds(ProviderSeries, st.lists(texts, max_size=2).map(tuple), lines, lines),
    small_cells=numbers,
    folded=st.builds(Folded, pairs, pairs),
    selection=selections,
    messages=st.lists(messages, max_size=2).map(tuple),
    executions=st.lists(executions, max_size=2).map(tuple),
    campaign_names=st.dictionaries(texts, st.none() | texts, max_size=2),
    ending=st.sampled_from(["now", "newest", "fixed"]),
    taken_at=st.none() | times,
    run=st.none() | st.builds(Run, tables("message_id"), numbers),
    uniques=st.none() | uniques,
)
answers = st.builds(Answer, snapshots, versions, times, times)


def fields(snapshot: Snapshot) -> dict[str, Any]:
    """Return all of a snapshot as values that can be compared."""
    plain = {name: getattr(snapshot, name) for name in Snapshot.__slots__ if name != "counts"}
    plain.pop("__weakref__", None)
    counts = dict(snapshot.counts)
    if (run := plain.pop("run")) is not None:
        plain["entered to date"], counts["to date"] = run.entered_profiles, run.counts
    for dimension, table in counts.items():
        values = [str(value) for value in table.values] if dimension == "bucket" else table.values
        plain[dimension] = (values, table.channels, table.counts.dtype, table.counts.tolist())
    return plain


@given(answers)
def test_an_answer_arrives_as_it_was_sent(answer: Answer) -> None:
    body = encode_answer(answer)
    received = to_answer(decode_body(body))
    assert received[1:] == answer[1:]
    assert fields(received.snapshot) == fields(answer.snapshot)
    assert encode_answer(received) == body


@given(questions, st.lists(campaigns), versions, names)
def test_questions_and_names_arrive_as_they_were_sent(
    question: Question, listed: list[Campaign], version: str, names_known: dict[str, str]
) -> None:
    def sent(value: Any) -> Any:  # noqa: ANN401 - any JSON
        return decode_body(encode_body({"value": value})).head["value"]

    assert to_question(sent(question_to(question))) == question
    assert to_question(sent(question_to(question))).query == question.query
    assert to_campaigns(sent(campaigns_to(listed))) == listed
    channels = {key: (name, "email") for key, name in names_known.items()}
    known = Names(version, channels, frozenset(names_known))
    assert to_names_of(sent(names_of_to(known))) == known


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SourceError("no such file"), SourceError),
        (UsageError("a wrong window"), UsageError),
        (UnknownNameError("campaign", "c11", ["c1"]), UnknownNameError),
        (StoreError("damaged"), CampaignLiveError),
    ],
)
def test_an_error_arrives_with_its_class_and_text(
    error: CampaignLiveError, kind: type[CampaignLiveError]
) -> None:
    news = News("ab-3", error, datetime(2026, 1, 2, tzinfo=UTC), None)
    received = to_news(decode_body(encode_body(news_to(news))).head)
    assert (type(received.error), str(received.error)) == (kind, str(error))
    assert received._replace(error=error) == news
    assert str(to_error(error_to(error))) == str(error)


def bodies() -> list[bytes]:
    """Return answers to bend."""
    table = Counts(("a", None), ("email", "push"), np.arange(2 * len(COUNTS)).reshape(2, -1))
    series = Counts(np.array([1, 2], "datetime64[us]"), ("email", "push"), table.counts)
    counts = {d: series if d == "bucket" else table for d in DIMENSIONS}
    now = datetime(2026, 1, 2, tzinfo=UTC)
    run = Run(table, 4)
    pairs = Uniques({"email": UniqueCounts(*range(7))}, {("email", "shop.example"): 2})
    snapshot = Snapshot(
        "c", "C", Window(now, now), counts, 3, {"m": "M"}, now, run=run, uniques=pairs
    )
    return [encode_answer(Answer(snapshot, "ab-1", now, now)), encode_body({"a": [1]})]


@given(st.sampled_from(bodies()), st.integers(0, 1 << 32))
def test_a_damaged_message_is_an_error(body: bytes, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    data = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + chance.randint(1, 20)]
        elif kind == 2:
            data[place:place] = chance.randbytes(chance.randint(1, 20))
        else:
            data = data[:place]
        if not data:
            break
    try:
        answer = to_answer(decode_body(bytes(data)))
    except DamagedMessageError:
        return
    encode_answer(answer)  # what is accepted is an answer


@given(st.binary(max_size=64))
def test_random_bytes_are_an_error_or_a_body(data: bytes) -> None:
    try:
        body = decode_body(data)
    except DamagedMessageError:
        return
    assert isinstance(body.head, dict)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        struct.pack("<II", 1 << 31, 0),
        struct.pack("<II", 2, 1 << 31) + b"{}",
        struct.pack("<II", 4, 0) + b"null" + b"\0" * 4,
        struct.pack("<II", 2, 1) + b"{}" + b"\0" * 6 + struct.pack("<q", -1),
        struct.pack("<II", 2, 1) + b"{}" + b"\0" * 6 + struct.pack("<q", 1 << 62),
        struct.pack("<II", 200_000, 0) + b"[" * 200_000,
        encode_body({"a": 1}) + b"x",
    ],
)
def test_a_hostile_body_is_an_error(body: bytes) -> None:
    with pytest.raises(DamagedMessageError):
        decode_body(body)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["version"], "x"),
        (["valid"], [0]),
        (["valid", 0], 1 << 62),
        (["campaign"], None),
        (["window", 0], "now"),
        (["tables"], []),
        (["tables", 0, 0], ["email"]),
        (["tables", 1, 1], ["a"]),
        (["tables", 0, 1], ["a", "b"]),
        (["entered"], 1.5),
        (["entered"], 1 << 63),
        (["health"], []),
        (["tests"], 1),
        (["ending"], "soon"),
        (["message_names"], [["m", None]]),
        (["messages"], {}),
        (["run"], [4]),
        (["run", 0], None),
        (["run", 1, 1], ["a"]),
        (["uniques"], [[]]),
        (["uniques", 0, 0], ["email", 1]),
        (["uniques", 1, 0, 2], "2"),
    ],
)
def test_an_answer_with_a_wrong_value_is_an_error(path: list[Any], value: object) -> None:
    body = decode_body(bodies()[0])
    head: Any = json.loads(json.dumps(body.head))
    place = head
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(DamagedMessageError):
        to_answer(decode_body(encode_body(head, body.arrays)))
    for key in body.head:
        with pytest.raises(DamagedMessageError):
            to_answer(body._replace(head={k: v for k, v in body.head.items() if k != key}))
