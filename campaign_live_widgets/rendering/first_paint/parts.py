"""What a first paint is made from: the states of the page's widgets, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from campaign_live_widgets.layouts.places import Place


@dataclass(frozen=True, slots=True)
class ViewPart:
    """One view as its script gets it.

    Attributes
    ----------
    kind : str
        ``kpi``, ``table``, ``bars``, ``donut``, ``lines`` or ``intervals``.
    state : mapping
        What changes with the numbers: trait values of the view's target.
    options : mapping
        What does not: labels, colours, columns.
    """

    kind: str
    state: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TilePart:
    """One tile with the view that it shows; ``error`` covers the view if it is not empty."""

    place: Place
    css_class: str
    title: str
    kinds: tuple[str, ...]
    view: ViewPart
    error: str = ""


@dataclass(frozen=True, slots=True)
class PagePart:
    """The page with one open tab.

    Attributes
    ----------
    now : datetime
        When it is made; ages are counted up to it.
    header, filters : mapping
        Trait values of the head and of the line of filters.
    facts : mapping or None
        Trait values of the line of facts below the tiles, where the tab has one.
    tabs : sequence of tuple
        Id, title and address of each tab.
    campaign_address : str
        The address of the whole campaign, from the page of one message.
    tiles : sequence of TilePart
        Of the open tab, in their order, without those that are removed.
    texts : mapping
        Texts of edit mode.
    questions : int
        How many of the last tabs are about questions, not channels.
    is_single_tab : bool
        Whether the other tabs are hidden, as on the page of a message.
    """

    now: datetime
    locale: str
    time_zone: str
    header: Mapping[str, Any]
    filters: Mapping[str, Any]
    facts: Mapping[str, Any] | None
    tabs: Sequence[tuple[str, str, str]]
    campaign_address: str
    open_tab: str
    tiles: Sequence[TilePart]
    texts: Mapping[str, str]
    questions: int = 0
    is_single_tab: bool = False
