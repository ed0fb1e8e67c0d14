"""The number of examples of the fuzz tests.

A fixed number of fixed examples, so that a failure comes from the change under test.
``FUZZ_EXAMPLES=500`` in the environment runs more examples, chosen at random.
"""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_EXAMPLES: Final = os.environ.get("FUZZ_EXAMPLES")


def budget(few: int) -> settings:
    """Return settings for *few* examples, or the number that the environment sets."""
    return settings(
        max_examples=int(_EXAMPLES or few),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=_EXAMPLES is None,
    )


TEXTS: Final = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        (
            *("", " ", "[", "[]", "{}", '["a"]', "[1", '{"a":1}', "\x00", "a@b@c", "<>", "<a@b>"),
            *("a@", "@", "1e400", "-1", "99999999999", "0001-01-01", "infinity", "-infinity"),
            *("epoch", "now", "today", "10000-01-01", "294247-01-10T04:00:54.775807Z", "24:00"),
            *("2026-11-23T12:00:00+99:00", "2026-02-30", "NaN", "true", "T", "yes", "\u0130"),
        )
    ),
)
NUMBERS: Final = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from((2**63, -(2**63) - 1, 2**64, 10**40, -0.0, 1e308, 5e-324, 1763640000.1234567)),
)
VALUES: Final[st.SearchStrategy[Any]] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.just("\ud800")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
"""Anything that JSON may hold, and that Python writes for it."""
