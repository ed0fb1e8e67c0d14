"""Check a document against its form: every mistake, with its key and what is allowed there."""

from __future__ import annotations

import re
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST: Final = 12
_BARE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_PLACE: Final = re.compile(r" - at `\$.*`$")
_WORDS: Final = {"object": "table", "array": "list", "str": "text", "int": "number"}


def mistakes(value: object, form: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - a type
    """Yield each mistake of *value*, as ``key: what is wrong; what is allowed``."""
    if path.count(".") > _DEEPEST:
        yield f"{path}: is nested too deep"
        return
    options = list(_options(form))
    if isinstance(value, dict):
        for option in options:
            if isinstance(option, type) and issubclass(option, msgspec.Struct):
                yield from _of_struct(value, option, path)
                return
            if get_origin(option) is dict:
                for key, inner in value.items():
                    yield from mistakes(inner, get_args(option)[1], _below(path, key))
                return
    if isinstance(value, list) and value:
        for option in options:
            if get_origin(option) is list:
                problems = list(_of_list(value, get_args(option)[0], path))
                yield from problems or _whole(value, form, path)
                return
    yield from _whole(value, form, path)


def _of_struct(value: dict[str, Any], struct: type[Any], path: str) -> Iterator[str]:
    known = {field.encode_name: field for field in fields(struct)}
    for key, inner in value.items():
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            yield f"{_below(path, key)}: is not a known key; {hint}"
        else:
            yield from mistakes(inner, known[key].type, _below(path, key))
    for name, field in known.items():
        if field.required and name not in value:
            yield f"{path or 'the file'}: {name} is missing"


def _of_list(values: list[Any], form: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    for number, inner in enumerate(values, 1):
        yield from mistakes(inner, form, f"{path}[{number}]")


def _whole(value: object, form: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        yield f"{path or 'the file'}: {_in_toml(_PLACE.sub('', str(error)), form)}"
    except RecursionError:
        yield f"{path}: is nested too deep"


def _in_toml(message: str, form: Any) -> str:  # noqa: ANN401
    """Return msgspec's message in the words of TOML."""
    if message.startswith("Invalid enum value"):
        words = [word for option in _options(form) for word in _literals(option)]
        return f"is not one of {', '.join(words)}"
    if "matching regex" in message:
        return "is not one of name, folder, all, partition:KEY"
    types = re.fullmatch(r"Expected `([^`]*)`, got `([^`]*)`", message)
    if types is not None:
        wanted = [_WORDS.get(word, word) for word in types[1].split(" | ")]
        return f"is a {_WORDS.get(types[2], types[2])}; give a {' or a '.join(wanted)}"
    limit = re.fullmatch(r"Expected `(\w+)` (?:of length )?(>=|<=) (\d+)", message)
    if limit is not None:
        what = {"str": "characters", "array": "entries"}.get(limit[1], "")
        bound = "at least" if limit[2] == ">=" else "at most"
        return f"give {bound} {limit[3]} {what}".rstrip()
    return message[:1].lower() + message[1:]


def _options(form: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the members of a union, without their annotations."""
    if get_origin(form) is Annotated:
        yield from _options(get_args(form)[0])
    elif get_origin(form) in (Union, UnionType):
        for option in get_args(form):
            yield from _options(option)
    else:
        yield form


def _literals(option: Any) -> Iterator[str]:  # noqa: ANN401
    if get_origin(option) is Literal:
        yield from map(str, get_args(option))


def _below(path: str, key: object) -> str:
    text = str(key)
    name = text if _BARE.fullmatch(text) else repr(text[:60])
    return f"{path}.{name}" if path else name
