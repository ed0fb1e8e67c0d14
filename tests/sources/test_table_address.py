"""Options in the address of a table."""

from __future__ import annotations

import pytest

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.tables.address import DatabaseAddress

URL = "postgresql://localhost/mail?table=events"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("2w", 14 * 86_400),
    ],
)
@pytest.mark.parametrize("option", ["overlap", "every"])
def test_durations_and_numbers_are_whole_seconds(option: str, text: str, seconds: int) -> None:
    address = DatabaseAddress.parse(f"{URL}&{option}={text}")
    assert getattr(address, option) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0.5s", "-1", "5 x"])
def test_other_durations_are_rejected(text: str) -> None:
    with pytest.raises(SourceError, match=f"invalid overlap {text!r}: give whole seconds"):
        DatabaseAddress.parse(f"{URL}&overlap={text}")


@pytest.mark.parametrize("option", ["password", "PWD", "user", "token"])
def test_a_credential_as_an_option_is_an_error_that_shows_where_it_belongs(option: str) -> None:
    with pytest.raises(SourceError, match="postgresql://USER:env:NAME@HOST/") as raised:
        DatabaseAddress.parse(f"{URL}&{option}=hunter2")
    assert "hunter2" not in str(raised.value)
