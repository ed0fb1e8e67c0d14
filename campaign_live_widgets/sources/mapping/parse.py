"""The content of a mapping file: TOML, checked and made into rules."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from campaign_live_widgets.errors import MappingError
from campaign_live_widgets.sources.mapping.checker import Checker
from campaign_live_widgets.sources.mapping.document import Document
from campaign_live_widgets.sources.mapping.rules import MappingFile
from campaign_live_widgets.sources.mapping.structure import mistakes

_SHOWN: Final = 20
"""Mistakes that are shown."""


@lru_cache(maxsize=32)
def parsed(path: str, content: bytes) -> MappingFile:
    """Return the mapping that *content*, of the file *path*, is.

    Raises
    ------
    MappingError
        If it is invalid; the message has one line for each mistake.
    """
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _invalid(path, ["is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise _invalid(path, [f"is not TOML: {str(error)[:200]}"]) from None
    except RecursionError:
        raise _invalid(path, ["is nested too deep"]) from None
    problems = list(mistakes(data, Document))
    if problems:
        raise _invalid(path, problems)
    checker = Checker()
    rules = checker.rules(msgspec.convert(data, Document))
    if checker.mistakes:
        raise _invalid(path, checker.mistakes)
    return MappingFile(path, rules, sha256(content).hexdigest()[:32])


def _invalid(path: str, problems: list[str]) -> MappingError:
    lines = [f"{path}: {line}" for line in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"{path}: and {len(problems) - _SHOWN} more")
    return MappingError("\n".join(lines))
