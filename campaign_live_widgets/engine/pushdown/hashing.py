"""128-bit hashes of a text, computed by each engine: profile ids never leave the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from campaign_live_widgets.errors import CampaignLiveError

Column: TypeAlias = Any
Hashes: TypeAlias = Callable[[Column], tuple[Column, Column]]
"""Text → two halves of its hash, as ``int64``."""

_SEED: Final = 7
"""The seed of the second half."""


def hashes(dialect: str) -> Hashes:
    """Return the hash function of *dialect*, Ibis's name of an engine."""
    function = _BY_DIALECT.get(dialect)
    if function is None:
        message = f"{dialect}: no hash function is defined for this engine"
        raise CampaignLiveError(message)
    return function


def _builtin(name: str, *arguments: str, returns: str = "int64") -> Callable[..., Column]:
    """Return a function of the engine for use in Ibis expressions."""
    import ibis

    def one(_first: object) -> None: ...
    def two(_first: object, _second: object) -> None: ...
    def three(_first: object, _second: object, _third: object) -> None: ...

    call = (one, two, three)[len(arguments) - 1]
    signature = (arguments, returns)
    function: Callable[..., Column] = ibis.udf.scalar.builtin(call, name=name, signature=signature)
    return function


def _postgres(column: Column) -> tuple[Column, Column]:
    seeded = _builtin("hashtextextended", "string", "int64")
    return seeded(column, 0), seeded(column, _SEED)


def _spark(column: Column) -> tuple[Column, Column]:
    # The number comes first: the hash of one argument is the seed for the next. In the other
    # order the second half would be a function of the first.
    return (
        _builtin("xxhash64", "string")(column),
        _builtin("xxhash64", "int64", "string")(_SEED, column),
    )


def _query_service(column: Column) -> tuple[Column, Column]:
    """Use only functions that Query Service documents: it may not allow the others of Spark."""
    digest = _builtin("md5", "string", returns="string")(column)
    part = _builtin("substr", "string", "int64", "int64", returns="string")
    signed = _builtin("conv", "string", "int64", "int64", returns="string")
    high, low = (signed(part(digest, first, 16), 16, -10).cast("int64") for first in (1, 17))
    return high, low


_BY_DIALECT: Final[dict[str, Hashes]] = {
    "postgres": _postgres,
    "pyspark": _spark,
    "queryservice": _query_service,
}
