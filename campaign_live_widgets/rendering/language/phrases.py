"""A report described in words: its window, its newest event, its health."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from babel.numbers import format_decimal

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.io.durations import largest_unit
from campaign_live_widgets.io.local_time import local_time
from campaign_live_widgets.rendering.language import switches, times
from campaign_live_widgets.rendering.language.alarms import alarms, lost_by_campaign
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.language.shorten import SHORT, isolated
from campaign_live_widgets.report import Names, campaign_names, dimension_names, distinguish
from campaign_live_widgets.snapshot import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.snapshot import Health, Snapshot

STATES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "loading": Text("Loading", "Chargement"),
        "live": Text("Live", "En direct"),
        "paused": Text("Paused", "En pause"),
        "stale": Text("Not up to date", "Pas à jour"),
        "error": Text("Error", "Erreur"),
    }
)
"""The states a report may be in, and the word on its pill."""

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "ago": Text("{} ago", "il y a {}"),
        "now": Text("just now", "à l'instant"),
        "second": Text("s", "s"),
        "minute": Text("min", "min"),
        "hour": Text("h", "h"),
        "day": Text("d", "j"),
        "newest": Text("Newest event", "Dernier événement"),
        "none": Text("No event yet", "Aucun événement pour l'instant"),
        "refreshed": Text("Refreshed", "Actualisé"),
        "pause": Text("Pause", "Pause"),
        "resume": Text("Resume", "Reprendre"),
        "static": Text("Snapshot", "Instantané"),
        "health": Text("Data quality", "Qualité des données"),
        "file": Text("File", "Fichier"),
        "row": Text("Row", "Ligne"),
        "cause": Text("Cause", "Cause"),
        "rejects": Text("First rejected rows", "Premières lignes rejetées"),
        "dismiss": Text("Dismiss this notice", "Masquer ce message"),
        "open": Text("Open", "Ouvrir"),
        "recount": Text("Count anew", "Recompter"),
        "as_of": Text("As of {}", "Chiffres au {}"),
        "back": Text("Back to {}", "Retour à {}"),
    }
)
"""The words that the header's own script puts together."""

HEALTH: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType(
    {
        "events": (
            Text("Events", "Événements"),
            Text("Distinct events accepted.", "Événements distincts acceptés."),
        ),
        "duplicates": (
            Text("Duplicates", "Doublons"),
            Text("Repeats of an event, dropped.", "Répétitions d'un événement, écartées."),
        ),
        "rejected": (
            Text("Rejected", "Rejetées"),
            Text("Rows rejected, with their cause.", "Lignes rejetées, avec leur cause."),
        ),
        "ignored": (
            Text("Ignored", "Ignorées"),
            Text("Rows that carry no event.", "Lignes qui ne portent pas d'événement."),
        ),
        "missing": (
            Text("Missing", "Manquants"),
            Text(
                "Stored events whose files are damaged or lost; not counted.",
                "Événements stockés dont les fichiers sont abîmés ou perdus\N{NO-BREAK SPACE}; "
                "non comptés.",
            ),
        ),
        "gone": (
            Text("Gone", "Disparus"),
            Text(
                "Events that were counted and are in no file any more; not included.",
                "Événements comptés qui ne sont plus dans aucun fichier ; non inclus.",
            ),
        ),
    }
)
"""Each number of :class:`Health`: its name, and what it means for the whole source."""
ALARMS: Final = ("missing", "gone")
"""Numbers of :data:`HEALTH` that are shown only if they are not 0."""

_AHEAD: Final = (
    Text("1 event is dated after now: {1}.", "1 événement est daté après maintenant : {1}."),
    Text(
        "{0} events are dated after now, the last one {1}.",
        "{0} événements sont datés après maintenant, le dernier le {1}.",
    ),
)
_WITHOUT_SEND: Final = (
    Text(
        "1 delivery or bounce of this window has no send; where there are more than sent, no rate "
        "is shown.",
        "1 remise ou bounce de cette période n'a pas d'envoi ; quand il y en a plus que d'envoyés, "
        "aucun taux n'est affiché.",
    ),
    Text(
        "{} deliveries and bounces of this window have no send; where there are more than sent, no "
        "rate is shown.",
        "{} remises et bounces de cette période n'ont pas d'envoi ; quand il y en a plus que "
        "d'envoyés, aucun taux n'est affiché.",
    ),
)
_MAILS: Final = Text(
    "{} message ids look like one for each mail; set message_id to the message of the campaign.",
    "{} identifiants de message semblent propres à chaque e-mail ; donnez pour message_id le "
    "message de la campagne.",
)
_COUNT_OUTCOMES: Final = Text(
    "If the sender reports no sends, switch on its event for them, or count each delivery and each "
    "bounce as a send: --sends outcomes.",
    "Si l'expéditeur ne signale pas les envois, activez son événement d'envoi, ou comptez chaque "
    "remise et chaque bounce comme un envoi : --sends outcomes.",
)
_CAPTION_MISSING: Final = Text("missing events: {}", "événements manquants\N{NO-BREAK SPACE}: {}")
_LAST: Final = Text("last {}", "dernières {}")
_LAST_HOUR: Final = Text("last hour", "dernière heure")
_LAST_DAYS: Final = Text("last {} days", "{} derniers jours")
_DAYS: Final = Text("{} days", "{} jours")
_OF_MESSAGES: Final = Text("{} of {} messages", "{} message{s} sur {}")
_OF_EXECUTIONS: Final = Text("{} of {} executions", "{} exécution{s} sur {}")
_TESTS: Final = Text("test sends included", "envois de test inclus")
_STARTS: Final = ("d MMM HH:mm", "d MMM HH:mm:ss")
_STARTS_OF_YEARS: Final = ("d MMM HH:mm", "d MMM y HH:mm", "d MMM y HH:mm:ss")
"""How the start of an execution is written, each one more exact."""
_LONGEST_ID: Final = 24
_NAMED: Final = 3
"""How many names a sentence may list."""
_DAY: Final = 1440
_MANY_MINUTES: Final = 180
_AT_NEWEST: Final = Text(
    "Window ends at the newest event ({}), since nothing newer has come.",
    "La période se termine au dernier événement ({})\N{NO-BREAK SPACE}: "
    "rien de plus récent n'est arrivé.",
)
_AT_FIXED: Final = Text(
    "The window ends at {} (fixed). It does not move with the current time.",
    "La période se termine le {} (fixe). Elle n'avance pas avec l'heure actuelle.",
)
_STALE: Final = Text(
    "Numbers as of {}; the source cannot be read since: {}",
    "Chiffres du {}\N{NO-BREAK SPACE}; depuis, la source est illisible\N{NO-BREAK SPACE}: {}",
)


SEPARATOR: Final = " \N{MIDDLE DOT} "
"""Between the parts of a caption."""


def length(span: timedelta, locale: str) -> str:
    """Return how long *span* is, in the largest unit that is whole, else in several."""
    minutes = span // MINUTE
    count, unit = largest_unit(minutes * MINUTE)
    if unit == "d":
        return _DAYS(locale).format(count)
    if unit == "h" and minutes <= 3 * _DAY:
        return f"{count} h"
    if minutes <= _MANY_MINUTES:
        return f"{minutes} min"
    days, rest = divmod(minutes, _DAY)
    parts = ((days, WORDS["day"](locale)), (rest // 60, "h"), (rest % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def last(span: timedelta, locale: str) -> str:
    """Return what a window of that length is called while it goes with the clock."""
    if span == timedelta(hours=1):
        return _LAST_HOUR(locale)
    days = span // timedelta(days=1)
    if days > 1 and span == timedelta(days=days):
        return _LAST_DAYS(locale).format(days)
    return _LAST(locale).format(length(span, locale))


def window(snapshot: Snapshot, now: datetime, time_zone: str, locale: str) -> str:
    """Return the window in words: ``last 24 h, 22 Nov 15:05 - 23 Nov 15:05 UTC``.

    "Last" is used only for a window that moves with the clock; years, only when they are not
    this one.
    """
    phrase = last if snapshot.ending == "now" else length
    this_year = local_time(now, time_zone).year
    years = {local_time(at, time_zone).year for at in (snapshot.window.start, snapshot.window.end)}
    pattern = times.SHORT if years == {this_year} else times.WITH_YEAR
    long = phrase(snapshot.window.length, locale)
    return f"{long}, {span(snapshot, time_zone, locale, pattern=pattern)}"


def span(
    snapshot: Snapshot,
    time_zone: str,
    locale: str,
    *,
    pattern: str = times.WITH_YEAR,
    has_zone: bool = True,
) -> str:
    """Return start and end of the window; see :func:`times.span`."""
    start, end = snapshot.window.start, snapshot.window.end
    return times.span(start, end, time_zone, locale, pattern=pattern, has_zone=has_zone)


def seconds(count: float, locale: str) -> str:
    """Return a short time in seconds, or whole minutes."""
    if count % 60 == 0:
        return f"{count / 60:g} min"
    return f"{format_decimal(count, locale=locale)} s"


def window_note(snapshot: Snapshot, time_zone: str, locale: str) -> str:
    """Return why the window does not go with the clock; empty when it does."""
    end, newest = snapshot.window.end, snapshot.newest_event
    if snapshot.ending == "now":
        return ""
    at_newest = snapshot.ending == "newest" and newest is not None
    at = newest if at_newest and newest is not None else end
    text = _AT_NEWEST if at_newest else _AT_FIXED
    return text(locale).format(times.named(at, time_zone, locale, pattern=times.WITH_YEAR))


def scope(snapshot: Snapshot, time_zone: str, locale: str) -> list[str]:
    """Return what part of the campaign is counted, and on which clock, one phrase each.

    The defaults are not named: all messages, no tests, machines too, own divisors, UTC.
    """
    selection = snapshot.selection
    parts = []
    if selection.messages:
        names = dimension_names(snapshot, "message_id", locale)
        ids = Names(dict.fromkeys(selection.messages))
        labels = [
            isolated((names if one in names else ids).short(one, SHORT))
            for one in selection.messages
        ]
        parts.append(_part(_OF_MESSAGES(locale), labels, len(snapshot.messages)))
    if selection.executions:
        runs = run_names(snapshot, time_zone, locale)
        ids = Names(dict.fromkeys(selection.executions))
        labels = [runs.get(one) or isolated(ids.short(one, SHORT)) for one in selection.executions]
        parts.append(_part(_OF_EXECUTIONS(locale), labels, len(runs)))
    if snapshot.include_tests:
        parts.append(_TESTS(locale))
    chosen = (("machines", snapshot.machines), ("basis", snapshot.basis))
    parts += filter(None, (switches.phrase(key, value, locale) for key, value in chosen))
    if snapshot.small_cells:
        parts.append(switches.folding(snapshot.small_cells, locale))
    if time_zone != times.zone(snapshot.window.end, time_zone):
        parts.append(time_zone)
    return parts


def _part(text: str, names: Sequence[str], count: int) -> str:
    """Return how many of how many, and their names as long as these are few."""
    plural = "s" if len(names) > 1 else ""
    summary = text.format(len(names), max(count, len(names)), s=plural)
    return summary if len(names) > _NAMED else f"{summary} ({', '.join(sorted(names))})"


def run_names(snapshot: Snapshot, time_zone: str, locale: str) -> Mapping[str, str]:
    """Return what each execution is called: its start, as exact as is needed to distinguish it.

    Where its year and its second are not enough, its id is beside them.
    """
    starts = tuple((run.id, run.oldest_event) for run in snapshot.executions)
    return _run_names(starts, time_zone, locale)


@lru_cache(maxsize=4)
def _run_names(
    runs: tuple[tuple[str, datetime], ...], time_zone: str, locale: str
) -> Mapping[str, str]:
    starts = dict(runs)
    ids = Names(dict.fromkeys(starts))
    has_years = len({local_time(start, time_zone).year for start in starts.values()}) > 1
    patterns = _STARTS_OF_YEARS if has_years else _STARTS

    def form(one: str, level: int) -> str:
        pattern = patterns[min(level, len(patterns) - 1)]
        text = times.instant(starts[one], time_zone, locale, pattern=pattern)
        return text if level < len(patterns) else f"{text} ({ids.short(one, _LONGEST_ID)})"

    return distinguish(starts, form, len(patterns))


def stale_note(since: datetime, cause: object, time_zone: str, locale: str) -> str:
    """Return since when the numbers have not been updated, and why."""
    return _STALE(locale).format(times.named(since, time_zone, locale), cause)


def health_terms(locale: str) -> list[list[str]]:
    """Return for each number of :class:`Health` its name and what it means."""
    return [[name(locale), meaning(locale)] for name, meaning in HEALTH.values()]


def health_numbers(health: Health, locale: str) -> list[str]:
    """Return the numbers of *health*, in the order of :func:`health_terms`; empty: not shown."""
    counts = {name: getattr(health, name) for name in HEALTH}
    return [
        format_number(count, locale) if count or name not in ALARMS else ""
        for name, count in counts.items()
    ]


def health_facts(health: Health, locale: str) -> list[tuple[str, str, str]]:
    """Return name, meaning and number of everything in *health* that is shown."""
    facts = zip(health_terms(locale), health_numbers(health, locale), strict=True)
    return [(name, meaning, number) for (name, meaning), number in facts if number]


def caption(snapshot: Snapshot, time_zone: str, locale: str, longest: int | None = 120) -> str:
    """Return campaign, window, time zone and the part that is counted, in one line.

    *longest* is the maximum length of the campaign's name; ``None`` leaves the name as it is.
    """
    parts = [
        campaign(snapshot, longest),
        span(snapshot, time_zone, locale),
        *scope(snapshot, time_zone, locale),
    ]
    if alarms(snapshot.health, locale):
        missing = snapshot.health.missing
        count = format_number(missing, locale) if missing else "?"
        parts.append(_CAPTION_MISSING(locale).format(count))
    return SEPARATOR.join(parts)


def campaign(snapshot: Snapshot, longest: int | None = SHORT) -> str:
    """Return what the campaign is called, with its id where the name is not unique.

    Where *longest* is given, in one line of at most that many characters.
    """
    names, key = campaign_names(snapshot), snapshot.campaign_id
    return names[key] if longest is None else isolated(names.short(key, longest))


def needed_caption(snapshot: Snapshot, time_zone: str, locale: str) -> str:
    """Return the caption of numbers that lack events, or if a switch is not at its default."""
    switched = (snapshot.machines, snapshot.basis, snapshot.small_cells)
    is_switched = switched != ("include", "default", 0)
    is_needed = is_switched or alarms(snapshot.health, locale)
    return caption(snapshot, time_zone, locale) if is_needed else ""


def health_notes(health: Health, time_zone: str, locale: str) -> list[str]:
    """Return what else a reader should know of the source, a line each."""
    first, lost = first_notes(health, time_zone, locale), lost_by_campaign(health, locale)
    return [*first, *lost, *health.notes]


def first_notes(health: Health, time_zone: str, locale: str) -> list[str]:
    """Return the notes that every report shows: the alarms, and events that are after now."""
    notes = alarms(health, locale)
    if health.ahead and health.ahead_until is not None:
        text = _AHEAD[health.ahead > 1](locale)
        until = times.moment(health.ahead_until, time_zone, locale)
        notes.append(text.format(format_number(health.ahead, locale), until))
    if health.messages:
        notes.append(_MAILS(locale).format(format_number(health.messages, locale)))
    if count := health.without_send:
        text = _WITHOUT_SEND[count > 1](locale).format(format_number(count, locale))
        notes.append(f"{text} {_COUNT_OUTCOMES(locale)}")
    return notes


def one_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    lines = str(error).strip().splitlines()
    if isinstance(error, CampaignLiveError):
        return lines[0] if lines else type(error).__name__
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
