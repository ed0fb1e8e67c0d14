"""How often the tests repeat that kill, load or simulate something: one setting for all of them."""

from __future__ import annotations

import os
from typing import Final

VARIABLE: Final = "CLW_TEST_REPEATS"
FEW: Final = "0.2"
ALL: Final = "1"


def repeats(number: int) -> int:
    """Return the share of *number* that the environment names, by default a fifth."""
    return max(1, round(number * float(os.environ.get(VARIABLE, FEW))))


def are_full() -> bool:
    """Return whether the environment asks for all repetitions."""
    return os.environ.get(VARIABLE, FEW) == ALL
