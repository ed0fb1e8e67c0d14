"""The dimensions of the rollup: events are counted by minute and by one of these at a time."""

from __future__ import annotations

from typing import Final

BY_VALUE: Final = ("reason", "domain", "platform", "detail")
"""Dimensions whose values come from the events as they are."""
QUESTIONS: Final = ("message_id", *BY_VALUE)
"""All dimensions; each has one small cube. The series is the cube of messages, by minute."""
