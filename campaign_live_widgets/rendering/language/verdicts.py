"""Verdicts as people read them: a shape and a word, so that no colour is needed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from campaign_live_widgets.catalog.verdicts import VERDICTS
from campaign_live_widgets.rendering.language.numbers import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog.verdicts import Verdict

SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {"ok": "○", "watch": "△", "over": "▲", "thin": "◇", "none": ABSENT, "blind": "□"}
)
"""The shape of each verdict; only the one of ``over`` is filled."""

QUIET: Final = frozenset({"thin", "none", "blind"})
"""Verdicts that judge nothing; they are written in grey."""


def word(verdict: str, locale: str) -> str:
    """Return a verdict in words; an unknown one is unchanged."""
    known = VERDICTS.get(cast("Verdict", verdict))
    return known(locale) if known else verdict


def shaped(verdict: str | None, locale: str) -> str:
    """Return a verdict with its shape, such as ``▲ over the limit``; a dash for none."""
    if verdict is None:
        return ABSENT
    shape = SHAPES.get(verdict)
    return f"{shape} {word(verdict, locale)}" if shape else word(verdict, locale)


def words(locale: str) -> dict[str, list[str]]:
    """Return the shape and the word of every verdict, for the scripts of a page."""
    return {verdict: [shape, word(verdict, locale)] for verdict, shape in SHAPES.items()}
