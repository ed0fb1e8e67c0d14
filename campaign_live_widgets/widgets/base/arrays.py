"""Counts as arrays that are exact in the browser and small in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_WIDEST = np.iinfo(np.uint32).max


def compact(values: ArrayLike) -> NDArray[Any]:
    """Return *values* in the smallest unsigned type that holds them, else as ``float64``.

    JavaScript has no 64-bit integer array, and bqplot casts ``int64`` to ``int32`` silently;
    ``float64`` is exact up to 2**53.
    """
    exact = np.asarray(values, dtype=np.float64)
    if exact.size == 0:
        return exact.astype(np.uint8)
    if not np.isfinite(exact).all() or exact.min() < 0 or exact.max() > _WIDEST:
        return exact
    if (exact % 1).any():
        return exact
    return exact.astype(np.min_scalar_type(int(exact.max())))
