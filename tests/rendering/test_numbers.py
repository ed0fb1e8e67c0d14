from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.numbers import format_decimal, format_percent
from hypothesis import example, given
from hypothesis import strategies as st

from campaign_live_widgets.rendering.language.numbers import format_number, format_share


@pytest.mark.parametrize(
    ("value", "en", "fr"),
    [
        (0, "0", "0"),
        (1234, "1,234", "1\u202f234"),
        (2**40, "1,099,511,627,776", "1\u202f099\u202f511\u202f627\u202f776"),
        (None, "–", "–"),  # noqa: RUF001
        (float("nan"), "–", "–"),  # noqa: RUF001
    ],
)
def test_numbers_are_grouped(value: float | None, en: str, fr: str) -> None:
    assert (format_number(value), format_number(value, "fr")) == (en, fr)


@pytest.mark.parametrize(
    ("share", "en", "fr"),
    [
        (0.95, "95.0%", "95,0\xa0%"),
        (2.1087, "210.9%", "210,9\xa0%"),
        (0.0, "0.0%", "0,0\xa0%"),
        (0.0005, "0.1%", "0,1\xa0%"),
        (0.0001, "<0.1%", "<0,1\xa0%"),
        (0.99996, ">99.9%", ">99,9\xa0%"),
        (1.0, "100.0%", "100,0\xa0%"),
        (None, "–", "–"),  # noqa: RUF001
    ],
)
def test_a_share_never_rounds_to_nothing_or_all(share: float | None, en: str, fr: str) -> None:
    assert (format_share(share), format_share(share, "fr")) == (en, fr)


@given(
    st.integers(-(10**18), 10**18) | st.floats(-1e15, 1e15).map(lambda n: n + 0.0),
    st.sampled_from(["en", "fr"]),
)
@example(2.5, "en")
@example(-1234, "fr")
def test_a_number_is_written_as_babel_does(value: float, locale: str) -> None:
    assert format_number(value, locale) == format_decimal(value, format="#,##0", locale=locale)


@given(st.floats(0.001, 1e6).filter(lambda share: not 0.9995 <= share < 1))
def test_a_share_is_written_as_babel_does(share: float) -> None:
    rounded = Decimal(repr(share)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    assert format_share(share) == format_percent(rounded, format="#,##0.0%", locale="en")
