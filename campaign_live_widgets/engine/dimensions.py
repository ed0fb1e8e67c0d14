"""The dimensions of the rollup: events are counted by minute and by one of these at a time."""

from __future__ import annotations

from typing import Final

REASONED: Final = ("bounce", "error", "excluded")
"""Event types that are counted by reason."""
BY_VALUE: Final = ("reason", "domain", "platform")
"""Dimensions whose values come from the events as they are."""
QUESTIONS: Final = ("message_id", *BY_VALUE)
"""All dimensions; each has one small cube. The series is the cube of messages, by minute."""
