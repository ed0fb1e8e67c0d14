"""How much the door takes at once, and how old a request may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one door; all are options of the command.

    Attributes
    ----------
    body : int
        Bytes of one body, also once it is unpacked. SendGrid posts up to 768 KB, SparkPost
        some hundreds of events, SNS 256 KB; the rest is for one's own programs.
    pending, pending_bytes : int
        Requests that have come in and are not answered, and bytes of their bodies.
    connections : int
        Connections that are open, idle ones too.
    tolerance : float
        Seconds between a signed time and now, either way.
    sns_tolerance : float
        The same for the past of SNS, whose retries carry the time of the first try. Its
        developer guide ("Message delivery retries") ends them after 3600 seconds.
    patience : float
        Seconds in which the headers, and then the body, must have come.
    """

    body: int = 16 * MIB
    pending: int = 256
    pending_bytes: int = 64 * MIB
    connections: int = 512
    tolerance: float = 300.0
    sns_tolerance: float = 3900.0
    patience: float = 30.0
