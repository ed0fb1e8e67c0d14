"""128 bits of a text's hash as each engine computes them: profiles never leave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from campaign_live_widgets.errors import CampaignLiveError

Column: TypeAlias = Any
Hashes: TypeAlias = Callable[[Column], tuple[Column, Column]]
"""Text → two halves of its hash, as ``int64``; equal texts alone have equal hashes."""

_OTHER: Final = 7
"""What makes the second half another hash than the first."""


def hashes(dialect: str) -> Hashes:
    """Return how *dialect* (Ibis's name of an engine) hashes a text."""
    found = _BY_DIALECT.get(dialect)
    if found is None:
        message = f"{dialect}: it is not known how this engine hashes a text"
        raise CampaignLiveError(message)
    return found


def _builtin(name: str, *arguments: str, returns: str = "int64") -> Callable[..., Column]:
    """Return an engine's own function for use in expressions."""
    import ibis

    def one(_first: object) -> None: ...
    def two(_first: object, _second: object) -> None: ...
    def three(_first: object, _second: object, _third: object) -> None: ...

    call = (one, two, three)[len(arguments) - 1]
    signature = (arguments, returns)
    made: Callable[..., Column] = ibis.udf.scalar.builtin(call, name=name, signature=signature)
    return made


def _salted(column: Column) -> Column:
    return column + f":{_OTHER}"


def _postgres(column: Column) -> tuple[Column, Column]:
    seeded = _builtin("hashtextextended", "string", "int64")
    return seeded(column, 0), seeded(column, _OTHER)


def _spark(column: Column) -> tuple[Column, Column]:
    # The number first: what an argument gives is the seed for the next one, and the other way
    # round the second half would follow from the first.
    return (
        _builtin("xxhash64", "string")(column),
        _builtin("xxhash64", "int64", "string")(_OTHER, column),
    )


def _query_service(column: Column) -> tuple[Column, Column]:
    """By the functions that Query Service lists: its Spark may have others, its users may not."""
    digest = _builtin("md5", "string", returns="string")(column)
    part = _builtin("substr", "string", "int64", "int64", returns="string")
    signed = _builtin("conv", "string", "int64", "int64", returns="string")
    high, low = (signed(part(digest, first, 16), 16, -10).cast("int64") for first in (1, 17))
    return high, low


def _clickhouse(column: Column) -> tuple[Column, Column]:
    signed = _builtin("reinterpretAsInt64", "uint64")
    siphash = _builtin("sipHash64", "string", returns="uint64")
    city = _builtin("cityHash64", "string", returns="uint64")
    return signed(siphash(column)), signed(city(column))


def _bigquery(column: Column) -> tuple[Column, Column]:
    fingerprint = _builtin("farm_fingerprint", "string")
    return fingerprint(column), fingerprint(_salted(column))


def _snowflake(column: Column) -> tuple[Column, Column]:
    return (
        _builtin("hash", "string")(column),
        _builtin("hash", "string", "int64")(column, _OTHER),
    )


def _trino(column: Column) -> tuple[Column, Column]:
    number = _builtin("from_big_endian_64", "binary")
    xxhash = _builtin("xxhash64", "binary", returns="binary")
    bytes_of = _builtin("to_utf8", "string", returns="binary")
    return (
        number(xxhash(bytes_of(column))),
        number(xxhash(bytes_of(_salted(column)))),
    )


_BY_DIALECT: Final[dict[str, Hashes]] = {
    "postgres": _postgres,
    "pyspark": _spark,
    "queryservice": _query_service,
    "clickhouse": _clickhouse,
    "bigquery": _bigquery,
    "snowflake": _snowflake,
    "trino": _trino,
}
