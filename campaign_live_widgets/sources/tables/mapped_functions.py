"""Functions of engines that a mapping needs and Ibis does not have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Column = Any

_DIGEST: Final = 32
"""Hexadecimal digits of a digest, as in files."""


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions of an engine.

    Attributes
    ----------
    in_zone : callable
        Returns a local time of a zone as a time in UTC.
    digest : callable
        Returns the digest of a text.
    instant : callable
        Returns microseconds since the epoch as a time.
    group : str
        What is before the number of a group in what a pattern is replaced by.
    """

    in_zone: Callable[[Column, str], Column]
    digest: Callable[[Column], Column]
    instant: Callable[[Column], Column]
    group: str


def _builtin(name: str, arguments: tuple[str, ...], returns: str) -> Callable[..., Column]:
    import ibis

    def one(_first: object) -> None: ...
    def two(_first: object, _second: object) -> None: ...

    function: Callable[..., Column] = ibis.udf.scalar.builtin(
        (one, two)[len(arguments) - 1], name=name, signature=(arguments, returns)
    )
    return function


def _zone_of_postgresql(time: Column, zone: str) -> Column:
    local = time.cast("timestamp")
    return _builtin("timezone", ("string", "timestamp"), "timestamp('UTC')")(zone, local)


def _zone_of_spark(time: Column, zone: str) -> Column:
    return _builtin("to_utc_timestamp", ("timestamp", "string"), "timestamp('UTC')")(time, zone)


def _digest_of_postgresql(text: Column) -> Column:
    converted = _builtin("convert_to", ("string", "string"), "binary")(text, "UTF8")
    hashed = _builtin("sha256", ("binary",), "binary")(converted)
    return _builtin("encode", ("binary", "string"), "string")(hashed, "hex").substr(0, _DIGEST)


def _digest_of_spark(text: Column) -> Column:
    return _builtin("sha2", ("string", "int64"), "string")(text, 256).substr(0, _DIGEST)


def _instant_of_postgresql(micros: Column) -> Column:
    # exact to the microsecond: a float has 53 bits, and such a number 51
    return _builtin("to_timestamp", ("float64",), "timestamp('UTC')")(
        micros.cast("float64") / 1_000_000
    )


def _instant_of_spark(micros: Column) -> Column:
    return _builtin("timestamp_micros", ("int64",), "timestamp('UTC')")(micros)


_OF_SPARK: Final = Functions(_zone_of_spark, _digest_of_spark, _instant_of_spark, "$")
_OF_POSTGRESQL: Final = Functions(
    _zone_of_postgresql, _digest_of_postgresql, _instant_of_postgresql, "\\"
)
FUNCTIONS: Final = {
    "postgresql": _OF_POSTGRESQL,
    "spark": _OF_SPARK,
    "queryservice": _OF_SPARK,
}
