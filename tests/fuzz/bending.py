"""What is put into rows and between them that does not belong there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 2**63, -(2**64), 10**40, 1.5, 1e308, float("nan"), float("inf")),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\u0130",
        "[",
        "[]",
        "{}",
        '["a"]',
        '{"a": 1}',
        "null",
        "a@b@c",
        "<@",
    ),
    *([], {}, [[]], [None], [{}], {"a": {}}, {"": ""}, [1, "a"], {"emailAddress": 1}, [{"id": []}]),
    *(
        "1763640000",
        "1763640000.1234567",
        "99999999999",
        "infinity",
        "epoch",
        "10000-01-01",
        "24:00",
    ),
    *("9999-12-31T23:59:59.9999999Z", "2026-02-30", "2026-11-23T12:00:00+99:00", "0000-01-01"),
)
ODD_LINES: Final = (
    *(b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}', b"null", b"1"),
    *(b'{"a": "\\u0000"}', b'{"\\u0000": 1}', b'{"\\ud800": 1}', b'{"a": "\xff\xfe"}', b"\xff\xfe"),
    *(b"[" * 4000 + b"]" * 4000, b'{"a":' * 4000 + b"1" + b"}" * 4000, b'{"": 1}', b'{"a.b": 1}'),
    *(b'{"a": 1e999}', b'{"a": %s}' % (b"9" * 400), b'{"a": 1.%s1}' % (b"0" * 400), b'{"*": 1}'),
    *(b'"x"', b"true", b"[[]]", b"{", b"}", b'{"a": 1}}', b'{"a": 1} {"b": 2}', b'{"a": "\x00"}'),
    *(
        b"\x00",
        b'{"a": "\x01"}',
        b'\xef\xbb\xbf{"a": 1}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b"// no",
        b"-",
    ),
    *(
        b'{"a":\r1}',
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\x1c",
        b'{"a": "\xe2\x80\xa8\xc2\x85"}',
        b"0123",
    ),
)
"""Lines that are no event of any format; most are no JSON, some only for one reader of it."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the paths of everything inside a value."""
    inner = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value)
    for name, child in inner:
        yield (*path, name)
        yield from places(child, (*path, name))


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:  # noqa: ANN401
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new


def remove(value: Any, path: tuple[Any, ...]) -> None:  # noqa: ANN401
    for name in path[:-1]:
        value = value[name]
    del value[path[-1]]
