"""Why the numbers of a report are not complete, or are lower than before, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from babel.dates import format_date

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.language.shorten import SHORT, isolated
from campaign_live_widgets.report import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.snapshot import Health, Lost

_LOST: Final = Text(
    "The store has lost {} in {} ({}).",
    "Des événements stockés sont perdus\N{NO-BREAK SPACE}: {} dans {} ({}).",
)
_EVENTS: Final = (Text("1 event", "1 événement"), Text("{} events", "{} événements"))
_LOST_FILES: Final = (
    Text("1 damaged or missing file", "1 fichier abîmé ou manquant"),
    Text("{} damaged or missing files", "{} fichiers abîmés ou manquants"),
)
_GONE: Final = (
    Text(
        "1 event that was counted is in no file any more. It is not included.",
        "1 événement compté n'est plus dans aucun fichier. Il n'est pas inclus.",
    ),
    Text(
        "{} events that were counted are in no file any more. They are not included.",
        "{} événements comptés ne sont plus dans aucun fichier. Ils ne sont pas inclus.",
    ),
)
_MORE: Final = Text("and {} more", "et {} autres")
_LOG: Final = Text(
    "The log of the store is damaged, so events may be missing ({}).",
    "Le journal des événements stockés est abîmé, il peut en manquer ({}).",
)
_AND_LOG: Final = Text(
    "{}; its log is damaged ({}).",
    "{}\N{NO-BREAK SPACE}; leur journal est abîmé ({}).",
)
_COMMIT: Final = Text("commit {}", "commit {}")
_NO_LOG: Final = Text("it has no files", "il n'a aucun fichier")
_LISTED: Final = 40
"""Campaigns, and days of a campaign, that *Data quality* lists."""
_NAMED: Final = 3
"""Campaigns, and days of a campaign, that a line names."""


def alarms(health: Health, locale: str) -> list[str]:
    """Return why the numbers are not complete, a line each; empty for a source without damage."""
    lines = []
    if health.missing:
        names = Names(dict.fromkeys(lost.campaign for lost in health.lost))
        places = [
            _place(isolated(names.short(lost.campaign, SHORT)), lost, locale)
            for lost in health.lost[:_NAMED]
        ]
        if len(health.lost) > _NAMED:
            places.append(_MORE(locale).format(len(health.lost) - _NAMED))
        events = _counted(_EVENTS, health.missing, locale)
        files = _counted(_LOST_FILES, sum(lost.files for lost in health.lost), locale)
        lines.append(_LOST(locale).format(events, files, "; ".join(places)))
    if health.unread_commits:
        damage = _unread(health.unread_commits, locale)
        if lines:
            lines = [_AND_LOG(locale).format(lines[0].removesuffix("."), damage)]
        else:
            lines = [_LOG(locale).format(damage)]
    return lines


def lost_by_campaign(health: Health, locale: str) -> list[str]:
    """Return what each campaign has lost on which days, where :func:`alarms` only has a part."""
    if all(len(lost.days) <= _NAMED for lost in health.lost) and len(health.lost) <= _NAMED:
        return []
    names = Names(dict.fromkeys(lost.campaign for lost in health.lost))
    lines = []
    for lost in health.lost[:_LISTED]:
        days = [format_date(day, "d MMM y", locale=locale) for day in lost.days[:_LISTED]]
        if len(lost.days) > _LISTED:
            days.append(_MORE(locale).format(len(lost.days) - _LISTED))
        counts = _counted(_EVENTS, lost.events, locale), _counted(_LOST_FILES, lost.files, locale)
        campaign = isolated(names.short(lost.campaign, SHORT))
        lines.append(", ".join((campaign, *counts, *days)))
    if len(health.lost) > _LISTED:
        lines.append(_MORE(locale).format(len(health.lost) - _LISTED))
    return lines


def gone_note(health: Health, locale: str) -> str:
    """Return how many counted events are in no file any more; empty if there are none."""
    return _counted(_GONE, health.gone, locale) if health.gone else ""


def _unread(commits: Sequence[int], locale: str) -> str:
    """Return which parts of the log of a store cannot be read."""
    if 0 in commits:
        return _NO_LOG(locale)
    numbers = [str(number) for number in commits[:_NAMED]]
    if len(commits) > _NAMED:
        numbers.append(_MORE(locale).format(len(commits) - _NAMED))
    return _COMMIT(locale).format(", ".join(numbers))


def _counted(words: tuple[Text, Text], count: int, locale: str) -> str:
    """Return a number and what it counts, in singular or plural."""
    return words[count != 1](locale).format(format_number(count, locale))


def _place(campaign: str, lost: Lost, locale: str) -> str:
    """Return the campaign and the days of lost events."""
    days = [format_date(day, "d MMM y", locale=locale) for day in lost.days]
    text = ", ".join(days)
    if len(days) > _NAMED:
        text = f"{days[0]} – {days[-1]}"  # noqa: RUF001 - a span
    return f"{campaign}, {text}"
