"""What would give rejected rows a campaign."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.esp import EspFormat
from campaign_live_widgets.sources.mapping.rules import CANONICAL

if TYPE_CHECKING:
    from collections.abc import Sequence

_OTHERS: Final = {"campaign_id is missing": CANONICAL, "campaignID is missing": "ajo"}


def campaign_hint(causes: Sequence[str], *, is_all: bool) -> str:
    """Return how many rows have no campaign, of which format, and the lines that give them one.

    Parameters
    ----------
    causes : sequence of str
        Why rows were rejected.
    is_all : bool
        Whether these are all rejected rows, and not the first ones.
    """
    formats = {
        known.mapping.campaign_cause: name
        for name, known in FORMATS.items()
        if isinstance(known, EspFormat)
    } | _OTHERS
    counted = Counter(formats[cause] for cause in causes if cause in formats)
    if not counted:
        return ""
    ((name, count), *_) = counted.most_common(1)
    own = '"campaign_id"' if name == CANONICAL else "{ own = true }"
    least = "" if is_all else "at least "
    rows = "row" if count == 1 else "rows"
    return (
        f"{least}{count:,} {rows} of {name} without a campaign: give a mapping with "
        f'format = "{name}" and campaign_id = [{own}, {{ path = "name" }}], or --no-campaign keep'
    )
