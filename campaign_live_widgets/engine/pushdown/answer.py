"""The answer of the one statement of a pushed-down rollup: typed rows of several kinds.

One statement returns everything, so that all numbers are of one instant. All kinds of rows share
the columns of :class:`AnswerRow`; a row leaves null what its kind does not use:

===================  ============================================================================
kind of row          columns, besides ``row_kind`` and ``pending``
===================  ============================================================================
``CELL`` + index of  ``message_id``, ``execution_id``, ``event_kind``, ``minute``, ``total``: the
the dimension        number of events. ``value``: the value of the dimension, null for messages
``NAME``             ``campaign_id`` to ``channel``, ``total`` events, ``first_time``, ``last_time``
``ENTRY``            ``high``, ``low``: hash of a profile that entered; ``minute``; ``flag``: by a
                     test send; ``message_id``, ``execution_id``
``ENTERED``          ``total`` distinct profiles of the one window; ``flag``: by test sends only
``ROWS``             ``total`` rows that are ``value``: accepted, rejected or ignored
``REJECT``           an example of a rejected row: ``value``: its event id; ``cause``
``TIME``             ``campaign_id``; ``flag``: dated after now; ``last_time``; ``total`` events
===================  ============================================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class RowKind(IntEnum):
    """The kind of a row; see the table above."""

    CELL = 0
    """The first of five, one for each dimension."""
    NAME = 5
    ENTRY = 6
    ENTERED = 7
    ROWS = 8
    REJECT = 9
    TIME = 10


ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
IGNORED: Final = "ignored"


class AnswerRow(NamedTuple):
    """One row of the answer."""

    row_kind: int
    pending: bool
    """Whether it is of rows above the watermark, which the next refresh reads again."""
    campaign_id: str | None
    campaign_name: str | None
    message_id: str | None
    message_name: str | None
    execution_id: str | None
    channel: str | None
    value: str | None
    cause: str | None
    event_kind: int | None
    minute: int | None
    flag: bool | None
    high: int | None
    low: int | None
    total: int | None
    first_time: datetime | None
    last_time: datetime | None


_TEXT: Final = ("campaign_id", "campaign_name", "message_id", "message_name", "execution_id")
COLUMN_TYPES: Final[dict[str, str]] = {
    "row_kind": "int64",
    "pending": "boolean",
    **dict.fromkeys((*_TEXT, "channel", "value", "cause"), "string"),
    **dict.fromkeys(("event_kind", "minute"), "int64"),
    "flag": "boolean",
    **dict.fromkeys(("high", "low", "total"), "int64"),
    **dict.fromkeys(("first_time", "last_time"), "timestamp('UTC')"),
}
"""Column of :class:`AnswerRow` → its type in Ibis, in the same order."""
