"""Parameter types of the command line."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest

from campaign_live_widgets.app.cli.options import Duration
from campaign_live_widgets.app.cli.report import report

EVERY = next(option for option in report.params if option.name == "every")


def convert(kind: click.ParamType[timedelta], text: str) -> timedelta:
    return kind.convert(text, EVERY, None)


@pytest.mark.parametrize(("text", "seconds"), [("2s", 2), ("0.5", 0.5), (" 60 S ", 60), ("1m", 60)])
def test_every_is_parsed(text: str, seconds: float) -> None:
    assert convert(EVERY.type, text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0", "0.4", "61s", "2m", "nan", "1e1", "-2", "soon"])
def test_invalid_every_is_an_error_that_names_the_option(text: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        convert(EVERY.type, text)
    assert "'--every'" in caught.value.format_message()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0m", "'0m' is zero"),
        ("1m", "the shortest is 2m"),
        ("3d", "the longest is 2d"),
        ("150s", "not a whole number of minutes"),
        ("5", "examples: 90s, 15m, 6h, 7d or 2w"),
    ],
)
def test_error_names_the_violated_limit(text: str, message: str) -> None:
    kind = Duration(at_least=timedelta(minutes=2), at_most=timedelta(days=2), whole_minutes=True)
    with pytest.raises(click.BadParameter, match=message):
        convert(kind, text)
