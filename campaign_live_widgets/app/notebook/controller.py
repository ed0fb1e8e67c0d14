"""The controller of a page: applies what its reader asks for, and notes what was ignored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from threading import RLock
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.settings.address import (
    COUNTED_KEYS,
    QUOTED,
    pairs,
    parse_address,
    quote,
    read_address,
    to_address,
)
from campaign_live_widgets.catalog import Text
from campaign_live_widgets.errors import SourceError, UnknownNameError
from campaign_live_widgets.rendering.language.phrases import one_line
from campaign_live_widgets.report import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from campaign_live_widgets.app.feeds.feed import RollupFeed
    from campaign_live_widgets.app.reader.shared_feed import SharedFeed
    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.dashboard import Dashboard
    from campaign_live_widgets.snapshot import Campaign

_NO_CAMPAIGN: Final = Text(
    "Ignored {}: the source has no such campaign.{}",
    "{} ignoré\N{NO-BREAK SPACE}: la source n'a pas cette campagne.{}",
)
_NO_MESSAGE: Final = Text(
    "Ignored {}: the campaign has no such message.{}",
    "{} ignoré\N{NO-BREAK SPACE}: la campagne n'a pas ce message.{}",
)
_NO_EXECUTION: Final = Text(
    "Ignored {}: the campaign has no such execution.{}",
    "{} ignoré\N{NO-BREAK SPACE}: la campagne n'a pas cette exécution.{}",
)
_MEANT: Final = Text(" Did you mean {}?", " Vouliez-vous dire {}\N{NO-BREAK SPACE}?")
_MORE: Final = Text(
    "{}: {} more are not in the campaign and were ignored.",
    "{}\N{NO-BREAK SPACE}: {} autres, absents de la campagne, sont ignorés.",
)
_NOTICES: Final = 3
"""How many unknown names of a kind get a notice each; an address may contain thousands."""


class Control:
    """Keeps a dashboard and its feed at what the reader asks for.

    Parameters
    ----------
    dashboard : Dashboard
    feed : RollupFeed or SharedFeed
    query : Query
        The report's own settings, which it shows first.
    address : str
        A query string; what it names is shown in place of the report's own settings.
    """

    def __init__(
        self, dashboard: Dashboard, feed: RollupFeed | SharedFeed, query: Query, address: str = ""
    ) -> None:
        self._dashboard, self._feed, self._defaults = dashboard, feed, query
        self._lock = RLock()
        self._query = query
        self._is_step = False
        self._revisit = 0
        # The campaign of an address without one: a newer campaign must not replace it.
        self._usual = feed.campaign if query.campaign is None else None
        dashboard.set_controller(self)
        if address:
            self.goto(address)
        else:
            dashboard.open_tab(query.tab)
            self._publish()

    @property
    def query(self) -> Query:
        """Return what is shown."""
        return self._query

    def goto(self, address: str) -> None:
        """Show the query of an address; what it does not name is as in the report's settings.

        Without a tab in it the open tab stays: its reader may have opened one before. Invalid
        values are noted in the page, and the rest applies. Raises :class:`SourceError` if
        another campaign cannot be read.
        """
        given = read_address(address)
        query = parse_address({"tab": [self._query.tab], **given}, self._defaults)
        self._apply(*query, named=given)

    def revisit(self, address: str, number: int) -> None:
        """Count again what an address of the page's history names; how it is shown stays.

        *number* is the page's own: the answer has the last one. Raises :class:`SourceError` if
        another campaign cannot be read.
        """
        self._revisit = number
        current = read_address(to_address(self._query, self._defaults))
        given = {key: v for key, v in read_address(address).items() if key in COUNTED_KEYS}
        parameters = {key: v for key, v in current.items() if key not in COUNTED_KEYS} | given
        self._apply(*parse_address(parameters, self._defaults), named=given)

    def change(self, changes: Mapping[str, Sequence[str]]) -> None:
        """Change the values of some keys of the address; the others stay.

        Raises :class:`SourceError` if another campaign cannot be read.
        """
        parameters = {**read_address(to_address(self._query, self._defaults)), **changes}
        query = parse_address(parameters, self._defaults)
        self._apply(*query, named=changes, is_choice=True)

    def recount(self) -> None:
        """Count the source again from its start, and forget which events are gone.

        Raises :class:`SourceError` if a live page cannot read it, so that the page retries.
        """
        if self._dashboard.is_live:
            self._feed.recount()
        else:
            self._show(self._feed.recount)

    def tab_opened(self, tab: str) -> None:
        """Note that the reader has opened a tab."""
        with self._lock:
            if tab == self._query.tab:
                return
            self._query = replace(self._query, tab=tab)
        self._publish()

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""
        return self._feed.campaigns()

    def _apply(
        self,
        query: Query,
        problems: Iterable[Text],
        *,
        named: Collection[str],
        is_choice: bool = False,
    ) -> None:
        """Show *query*; *named* are the keys that the reader has given."""
        notices = [problem(query.locale) for problem in problems]
        before, page = self._query, self._dashboard
        try:
            query = self._known(query, notices, named)
        except SourceError:
            self._publish()  # the address is that of what is still shown
            raise
        self._feed.set_query(query)
        page.set_language(query.locale, query.time_zone)
        page.set_refresh_interval(query.every)
        with self._lock:
            moved = query.tab != before.tab
            self._query = query if moved else replace(query, tab=self._query.tab)
            # The next answer is the one, also if a tab is opened meanwhile.
            self._is_step |= is_choice and _counted(query) != _counted(before)
        page.show_detail(query.detail, self._feed.channels(query.detail))
        if query.detail is None and (moved or before.detail is not None):
            page.open_tab(self._query.tab)
        for notice in notices:
            page.notify(notice)
        if not page.is_live:
            self._show(self._feed.refresh)
        self._publish()

    def _known(self, query: Query, notices: list[str], named: Collection[str]) -> Query:
        """Use the query's campaign, and drop ids that it does not have."""
        before = self._query
        try:
            self._feed.use(query.campaign or self._usual)
            if query.campaign is None:
                self._usual = self._feed.campaign
        except UnknownNameError:
            known = [campaign.id for campaign in self._feed.campaigns()]
            notices.append(
                _unknown(_NO_CAMPAIGN, "campaign", query.campaign or "", known)(query.locale)
            )
            query = replace(query, campaign=before.campaign)
        except SourceError as error:
            if self._dashboard.is_live:
                raise  # the coordinator tries again
            notices.append(one_line(error))
            query = replace(query, campaign=before.campaign)
        messages, executions = self._feed.names()
        # The filters of the former campaign are dropped without a notice, unless named again.
        moved = query.campaign != before.campaign
        dropped = {*before.messages, *before.executions, before.detail} if moved else set()

        def existing(key: str, names: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
            text = _NO_EXECUTION if key == "execution" else _NO_MESSAGE
            silent = set() if key in named else dropped
            unknown = [name for name in names if name not in known and name not in silent]
            notices.extend(
                _unknown(text, key, name, known)(query.locale) for name in unknown[:_NOTICES]
            )
            if more := len(unknown[_NOTICES:]):
                notices.append(_MORE(query.locale).format(key, more))
            return tuple(name for name in names if name in known)

        detail = existing("detail", () if query.detail is None else (query.detail,), messages)
        query = replace(
            query,
            messages=existing("message", query.messages, messages),
            executions=existing("execution", query.executions, executions),
            detail=next(iter(detail), None),
        )
        if query.campaign is None and (query.messages or query.executions or query.detail):
            return replace(query, campaign=self._feed.campaign)  # they are of this one alone
        return query

    def _show(self, read: Callable[[], object]) -> None:
        """Read the source of a report that is not live, and show its numbers."""
        try:
            read()
        except SourceError as error:
            self._dashboard.notify(one_line(error))
        self._dashboard.show(self._feed.snapshot())

    def _publish(self) -> None:
        """Send the shown query and its address to the page."""
        with self._lock:  # else a tab opened meanwhile would be confirmed, then reverted
            query = self._query
            length = query.window if isinstance(query.window, timedelta) else None
            self._dashboard.filters.show_query(pairs(query), length, query.every)
            is_step, self._is_step = self._is_step, False
            address = to_address(query, self._defaults)
            self._dashboard.filters.confirm(address, is_step=is_step, revisit=self._revisit)


def _counted(query: Query) -> list[tuple[str, ...]]:
    values = pairs(query)
    return [values[key] for key in COUNTED_KEYS]


def _unknown(text: Text, key: str, name: str, known: Iterable[str]) -> Text:
    close = get_close_matches(name[:200], [one[:200] for one in known], n=1)
    names = {str(i): one for i, one in enumerate([name, *close])}
    one, *meant = shortened(names, QUOTED - len(key) - 1).values()
    given, meant = quote(f"{key}={one}"), [*map(quote, meant)]
    hint = {locale: _MEANT(locale).format(*meant) if meant else "" for locale in ("en", "fr")}
    return Text(text.en.format(given, hint["en"]), text.fr.format(given, hint["fr"]))
