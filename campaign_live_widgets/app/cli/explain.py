"""``campaign-live explain``: what a bounce means, who acts, and what to do next."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import clean, write, write_json
from campaign_live_widgets.catalog import column_label, value_label
from campaign_live_widgets.catalog.bounce_classes import (
    ADVICE,
    BOUNCE_CLASSES,
    NO_TEXT,
    BounceClass,
)
from campaign_live_widgets.catalog.bounce_classes import explain as class_of
from campaign_live_widgets.errors import UsageError

_CODE: Final = re.compile(r"[0-9]{3}|[0-9]\.[0-9]{1,3}\.[0-9]{1,3}")
_MOST: Final = 2
_REASONS: Final = {r.lower(): r for c in BOUNCE_CLASSES.values() for r in c.reasons}


@click.command()
@click.argument("values", nargs=-1, required=True, metavar="CODE|REASON...")
@options.locale
@options.output_format("text", "json")
def explain(values: tuple[str, ...], locale: str, form: str) -> None:
    """Explain the CODE or the REASON of a bounce, or both together.

    CODE is an enhanced code (5.1.1) or three digits (550); REASON is a reason of the report
    (Mailbox-Full), or a server's reply in quotes.
    """
    code, reason = _code_and_reason(values)
    reason = _REASONS.get(reason.lower(), reason) if reason is not None else None
    bounce_class = BOUNCE_CLASSES[class_of(reason, code)]
    if form == "json":
        write_json(_facts(bounce_class, code, reason, locale))
    else:
        write(_text(bounce_class, code, reason, locale))


def _code_and_reason(values: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the code and the reason among the values, in any order."""
    stripped = [value.strip() for value in values]
    codes = [value for value in stripped if _CODE.fullmatch(value)]
    reasons = [value for value in stripped if not _CODE.fullmatch(value)]
    if "" in reasons:
        message = "the reason is empty; give a code, a reason, or both"
        raise UsageError(message)
    if len(values) > _MOST or len(codes) > 1 or len(reasons) > 1:
        message = "give one code, one reason, or both; put a reply of several words in quotes"
        raise UsageError(message)
    return next(iter(codes), None), next(iter(reasons), None)


def _facts(
    bounce_class: BounceClass, code: str | None, reason: str | None, locale: str
) -> dict[str, Any]:
    texts = {field: getattr(bounce_class, field) for field in ADVICE}
    return {
        "status_code": code,
        "reason": reason,
        "class": bounce_class.id,
        "title": bounce_class.title(locale),
        **{field: None if text == NO_TEXT else text(locale) for field, text in texts.items()},
    }


def _text(bounce_class: BounceClass, code: str | None, reason: str | None, locale: str) -> str:
    rows = [(column_label(field, locale), getattr(bounce_class, field)(locale)) for field in ADVICE]
    if reason is not None:
        label = value_label("reason", reason, locale)
        named = reason if label == reason else f"{reason} ({label})"
        rows.insert(0, (column_label("reason", locale), named))
    if code is not None:
        rows.insert(0, (column_label("status_code", locale), code))
    width = max(len(label) for label, _ in rows)
    lines = [f"{bounce_class.title(locale)} ({bounce_class.id})"]
    lines += [f"  {label:<{width}}  {value}" for label, value in rows]
    return "".join(f"{clean(line)}\n" for line in lines)
