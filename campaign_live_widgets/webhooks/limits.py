"""Limits of a receiver: how much it accepts at a time, and how old a request may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one receiver; each is an option of the command.

    Attributes
    ----------
    body : int
        Bytes of one body, also after decompression. SendGrid posts up to 768 KB, SparkPost some
        hundreds of events, SNS 256 KB; larger bodies are from your own programs.
    pending, pending_bytes : int
        Requests that are received and not answered, and bytes of their bodies.
    connections : int
        Open connections, including idle ones.
    tolerance : float
        Seconds by which a signed time may differ from the current time.
    sns_tolerance : float
        Seconds by which the time of an SNS message may be in the past. Retries of SNS carry the
        time of the first try, and its developer guide ("Message delivery retries") ends them
        after 3600 seconds.
    patience : float
        Timeout in seconds for receiving the headers, and again for the body.
    """

    body: int = 16 * MIB
    pending: int = 256
    pending_bytes: int = 64 * MIB
    connections: int = 512
    tolerance: float = 300.0
    sns_tolerance: float = 3900.0
    patience: float = 30.0
