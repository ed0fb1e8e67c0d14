"""Rows of mail vendors, bent ever further: a run of libFuzzer, by way of Atheris.

Started by its test as a separate process, since libFuzzer ends the one that it runs in::

    PYTHONPATH=. python tests/fuzz/mutants.py FOLDER -runs=N -seed=N
    PYTHONPATH=. python tests/fuzz/mutants.py FILE

It changes whole files of a vendor's rows: the first byte gives their format and shape. A JSON
file is changed row by row, any other byte by byte. The rows of each must add up; see
:func:`accounts.account`.
"""

from __future__ import annotations

import json
import random
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import atheris

with atheris.instrument_imports(include=["campaign_live_widgets.sources"]):
    from tests.fuzz.accounts import FORMATS, account, counted, sample
from tests.fuzz.bending import ODD_LINES, ODD_VALUES, places, put, remove

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]

ROWS: Final = 8
COUNTED: Final = 4
"""One in this number of files is counted, too, and not only staged."""
SHAPES: Final[tuple[Callable[[list[Any]], str], ...]] = (
    lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    json.dumps,
    lambda rows: json.dumps(rows, indent=1),
    lambda rows: "".join(map(json.dumps, rows)),
)


def whole(form: int, shape: int, seed: int) -> bytes:
    """Return a sound file: what the corpus begins with."""
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [sample(FORMATS[form], rng, number) for number in range(ROWS)]
    return bytes([form + len(FORMATS) * shape]) + SHAPES[shape](rows).encode()


def parts(data: bytes) -> tuple[int, int, bytes]:
    """Return which format and which shape a file has, and its content."""
    number = data[0] if data else 0
    shape, form = divmod(number, len(FORMATS))
    return form, shape % len(SHAPES), data[1:]


def rows_of(text: bytes) -> list[Any] | None:
    """Return the rows of a file, ``None`` where one of them is no JSON."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
    return values if isinstance(values, list) else [values]


def bent(data: bytes, size: int, seed: int) -> bytes:
    """Return a file with something else in its rows, or other rows; libFuzzer asks for it."""
    rng = random.Random(seed)  # noqa: S311 - test data
    form, shape, text = parts(data)
    rows = rows_of(text)
    if rows is None or rng.random() < 0.2:
        return bytes(atheris.Mutate(data, size))
    for row in rows:
        here = list(places(row))
        if not here or rng.random() < 0.3:
            continue
        path = rng.choice(here)
        if rng.random() < 0.2:
            remove(row, path)
        else:
            put(row, path, rng.choice(ODD_VALUES))
    if rng.random() < 0.1:
        rows.append(sample(FORMATS[form], rng, rng.randrange(1000)))
    lines = SHAPES[shape](rows[-2 * ROWS :]).encode()
    if shape == 0 and rng.random() < 0.3:
        lines += rng.choice(ODD_LINES) + b"\n"
    return (data[:1] + lines)[:size]


def test_one_input(data: bytes) -> None:
    """Check the staged rows of a file and, for some files, the counts of a report."""
    form, _, text = parts(data)
    with TemporaryDirectory() as folder:
        Path(folder, "a.json").write_bytes(text)
        source = f"{FORMATS[form]}:{folder}"
        expected = account(source)
        if zlib.crc32(data) % COUNTED == 0:
            outcomes = counted(source)
            assert outcomes is None or outcomes == (
                expected.events,
                expected.rejected,
                expected.ignored,
            )
        rows = [line for line in text.split(b"\n") if line.strip()]
        if text.endswith(b"\n") and all(line[:1] == b"{" and is_json(line) for line in rows):
            assert expected.lines == len(rows), (expected, len(rows))


def is_json(line: bytes) -> bool:
    """Return whether a line is JSON, by Python."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def main() -> None:
    """Fill a corpus and begin; or try one file."""
    corpus = Path(sys.argv[1])
    for form in range(len(FORMATS) if corpus.is_dir() else 0):
        for shape in range(len(SHAPES)):
            (corpus / f"{FORMATS[form]}-{shape}").write_bytes(whole(form, shape, form))
    atheris.Setup(sys.argv, test_one_input, custom_mutator=bent)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
