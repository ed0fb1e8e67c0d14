"""What to do about a class of bounces, in words."""

from __future__ import annotations

from typing import Final

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.catalog.bounce_classes import ADVICE, BOUNCE_CLASSES

_TERM: Final = Text("{}:", "{}\N{NO-BREAK SPACE}:")


def advice(class_id: str, locale: str) -> tuple[tuple[str, str], ...]:
    """Return label and text of each field: who acts, retry, suppress, next step.

    Empty for an unknown class.
    """
    known = BOUNCE_CLASSES.get(class_id)
    if known is None:
        return ()
    texts = {
        "owner": known.owner,
        "retry": known.retry,
        "suppress": known.suppress,
        "next_step": known.next_step,
    }
    return tuple((_TERM(locale).format(ADVICE[f](locale)), t(locale)) for f, t in texts.items())
