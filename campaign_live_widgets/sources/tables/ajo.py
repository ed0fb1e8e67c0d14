"""Rows of Journey Optimizer's datasets in a database → canonical events, as an Ibis expression.

A row means what it means in a file: :mod:`~campaign_live_widgets.sources.formats.ajo` names
the fields, and this module is the same mapping for engines that count themselves. Structs
and maps are taken apart where they are; what a dataset does not have is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.ajo import (
    NO_EVENT_INTERACTIONS,
    NO_EVENT_STATUSES,
    PUSH_ACTION,
    PUSH_OPEN,
    SECONDARY_RECIPIENT,
    STATUS_CODE,
    JourneyOptimizer,
)
from campaign_live_widgets.sources.formats.base import CHANNELS
from campaign_live_widgets.sources.tables.ajo_identity import identity
from campaign_live_widgets.sources.tables.canonical import (
    CAUSE,
    NO_EVENT,
    RAW_ID,
    WATERMARK,
    as_domain,
    as_flag,
    as_text,
    as_time,
    common_type,
    is_time,
    no_time,
    not_known,
    unknown,
)
from campaign_live_widgets.sources.tables.promises import NO_PROMISES, Promises
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    Table = Any
    Column = Any

FIELDS: Final = {
    name: paths
    for name, paths in JourneyOptimizer.fields.items()
    if name not in ("identities", "flat_identities", "copy")
}
"""Field → its dotted paths; without those of the identity."""
_FLAGS: Final = ("test", "bot")
OF_COPIES: Final = tuple(
    f"{SECONDARY_RECIPIENT}.{name}" for name in ("type", "originalRecipientAddress")
)
"""Dotted paths of what only rows about copies by BCC have."""
_NEEDED: Final = ("id", "time", "campaign")
_EVENT_FIELDS: Final = ("status", "interaction", "kind")
_PLATFORMS: Final = (("apns", "ios"), ("apnssandbox", "ios"), ("fcm", "android"))
_CHANNELS: Final = (("inApp", "in_app"), ("directMail", "direct_mail"))


def fields_of(
    tables: Sequence[Table], watermark: str | None, name: str
) -> tuple[Table, str | None]:
    """Return the fields of all rows of some datasets, one column each, and the watermark's column.

    Parameters
    ----------
    tables : sequence of ibis tables
        Message feedback, e-mail tracking, push tracking: nested, or with dotted names.
    mark : str or None
        The path of what grows with every insert, in each of them.
    name : str
        What errors call the tables.

    Raises
    ------
    SourceError
        If a table has none of the fields that give the event, or its time is not a time.
    """
    import ibis

    watermarks = [at(table, watermark) for table in tables] if watermark else []
    kind = common_type(watermarks)
    selected = [
        _fields(table, name, {WATERMARK: watermarks[place].cast(kind)} if watermark else {})
        for place, table in enumerate(tables)
    ]
    return ibis.union(*selected) if len(selected) > 1 else selected[0], watermark and WATERMARK


def _fields(table: Table, name: str, marked: dict[str, Column]) -> Table:
    import ibis

    paths = {field: [at(table, path) for path in FIELDS[field]] for field in FIELDS}
    present = {field: [c for c in columns if c is not None] for field, columns in paths.items()}
    lacking = [FIELDS[field][0] for field in _NEEDED if not present[field]]
    if not any(present[field] for field in _EVENT_FIELDS):
        lacking.append(FIELDS["status"][0])
    if lacking:
        message = (
            f"{name}: has no column {', '.join(lacking)}; it is not a dataset of message events"
        )
        raise SourceError(message)
    time = present.pop("time")[0]
    if not is_time(time):
        message = f"{name}: its column timestamp is {time.type()}; make a view that casts it"
        raise SourceError(message)
    texts = {
        field: ibis.coalesce(*map(as_text, columns or [None]))
        for field, columns in present.items()
        if field not in _FLAGS
    }
    return table.select(
        **texts,
        identity=identity(table, name),
        is_copy=_is_copy(table),
        **{field: as_flag(next(iter(present[field]), None)) for field in _FLAGS},
        time=as_time(time),
        **marked,
    )


def _is_copy(table: Table) -> Column:
    """Return whether a row is about a copy by BCC: it names the reader whose mail was copied."""
    import ibis

    parts = [at(table, path) for path in OF_COPIES]
    parts = [as_text(part).notnull() for part in parts if part is not None]
    return ibis.or_(*parts) if parts else ibis.literal(False)  # noqa: FBT003


def xdm_events(
    table: Table,
    watermark: str | None,
    name: str,  # noqa: ARG001 - as of every format
    promises: Promises = NO_PROMISES,  # noqa: ARG001
) -> Table:
    """Return rows of :func:`fields_of` as events.

    A row that was sent and delivered, or sent and bounced, gives two; one that carries none stays
    one, with :data:`~campaign_live_widgets.sources.tables.canonical.NO_EVENT` for its cause.
    """
    import ibis

    rows = table.mutate(
        status=table.status.lower(),
        interaction=table.interaction.lower(),
        kind=table.kind.lower(),
        late=(
            (table.status.lower() == "out_of_band")
            | ((table.status.lower() == "bounce") & (table.failure_category.lower() == "async"))
        ).fill_null(False),  # noqa: FBT003
        profile=ibis.coalesce(as_text(table.identity), table.profile),
    )
    rows = rows.mutate(
        channel=_channel(rows),
        event=_event(rows),
        failure=ibis.cases(
            (rows.status == "denylist", "hard"),
            (rows.status.isin(("bounce", "out_of_band")), rows.failure_type.lower()),
            else_=ibis.null("string"),
        ),
    )
    rows = rows.mutate(**{CAUSE: _cause(rows)})
    rows = rows.mutate(
        second=ibis.cases(
            (rows[CAUSE].notnull() | (rows.event != "sent"), ibis.null("string")),
            (rows.status == "sent", "delivered"),
            else_="bounce",
        )
    )
    pair = rows.second.notnull()
    kinds = ibis.ifelse(pair, ibis.array([rows.event, rows.second]), ibis.array([rows.event]))
    rows = rows.mutate(pair=pair, kinds=kinds)
    split = rows.mutate(event_type=rows.kinds.unnest()).drop("kinds")
    return split.select(
        **_texts(split),
        is_async=(split.event_type == "bounce") & split.late,
        is_test=split.test.fill_null(False),  # noqa: FBT003
        is_machine=_is_machine(split),
        timestamp=split.time,
        **{
            RAW_ID: _event_id(split),
            WATERMARK: split[WATERMARK] if watermark else ibis.null("int64"),
        },
        **{CAUSE: split[CAUSE]},
    )


def _texts(split: Table) -> dict[str, Column]:
    import ibis

    kind, nothing = split.event_type, ibis.null("string")
    of_address = split.address.re_extract("@([^@]*)$", 1)
    domain = ibis.coalesce(split.address_domain, of_address.nullif(""))
    platforms = [(split.device.lower() == theirs, ours) for theirs, ours in _PLATFORMS]
    return {
        "event_id": _event_id(split),
        "campaign_id": split.campaign,
        "message_id": split.message,
        "channel": split.channel,
        "profile_id": split.profile,
        "event_type": kind,
        "reason": ibis.cases(
            (kind == "excluded", split.exclusion_reason),
            (kind == "action", split.button),
            (kind.isin(("bounce", "error", "delay")), split.failure_reason),
            else_=nothing,
        ),
        "bounce_type": ibis.ifelse(kind == "bounce", split.failure, nothing),
        "domain": as_domain(domain),
        "platform": ibis.cases(*platforms, else_=split.device),
        "execution_id": split.execution,
        "variant": split.arm,
        "url": split.link,
        "campaign_name": nothing,
        "message_name": nothing,
        "status_code": ibis.ifelse(
            kind.isin(("bounce", "delay")) & split.failure_code.re_search(f"^({STATUS_CODE})$"),
            split.failure_code,
            nothing,
        ),
        "machine_reason": ibis.cases(
            (_is_of_machine(split), "vendor_event"),
            (_is_machine(split), "vendor_flag"),
            else_=nothing,
        ),
    }


def _is_of_machine(split: Table) -> Column:
    """Return whether Journey Optimizer has a separate event for what a machine did."""
    return split.interaction.isin(("bot_open", "bot_click"))


def _is_machine(split: Table) -> Column:
    """Return whether a machine opened or clicked, null where no one has judged."""
    import ibis

    return ibis.cases(
        (_is_of_machine(split), True),
        (split.event_type.isin(("open", "click")), split.bot),
        else_=ibis.null("boolean"),
    )


def _event_id(split: Table) -> Column:
    import ibis

    return ibis.ifelse(split.pair, split.id + ":" + split.event_type, split.id)


def _channel(rows: Table) -> Column:
    """Return a row's channel; derived from its other fields if it names none."""
    import ibis

    last = rows.channel_uri.re_extract("([^/]*)$", 1)
    push = rows.kind.startswith("pushtracking.") | rows.device.notnull()
    mail = ibis.coalesce(rows.address_domain, rows.address).notnull()
    return ibis.cases(
        *((last == theirs, ours) for theirs, ours in _CHANNELS),
        (rows.channel_uri.notnull(), last.lower()),
        (push, "push"),
        (mail, "email"),
        else_=ibis.null("string"),
    )


def _event(rows: Table) -> Column:
    """Return the (first) event of a row, :data:`NO_EVENT` for none, null where it is not known."""
    import ibis

    status, interaction, kind = rows.status, rows.interaction, rows.kind
    unknown = ibis.null("string")
    return ibis.cases(
        (rows.is_copy, NO_EVENT),
        (rows.late, "bounce"),
        (status.isin(("sent", "bounce", "denylist")), "sent"),
        (status == "exclude", "excluded"),
        (status.isin(("error", "delay")), status),
        (status.isin(NO_EVENT_STATUSES), NO_EVENT),
        (status.notnull(), unknown),
        (interaction.isin(("open", "bot_open")), "open"),
        (interaction.isin(("click", "bot_click")), "click"),
        (interaction.isin(("unsubscribe", "spam_complaint")), interaction),
        (interaction.isin(NO_EVENT_INTERACTIONS), NO_EVENT),
        (interaction.notnull(), unknown),
        (kind == PUSH_OPEN, "open"),
        (kind == PUSH_ACTION, "action"),
        (kind.isnull() | kind.startswith("message."), unknown),
        else_=NO_EVENT,
    )


def _cause(rows: Table) -> Column:
    """Return why a row is rejected, or that it carries no event; else null."""
    import ibis

    unknown_event = rows.event.isnull()
    needed = {
        "campaignID": rows.campaign,
        "messageID": rows.message,
        "channel": rows.channel,
        "identityMap": rows.profile,
    }
    return ibis.cases(
        (rows.event == NO_EVENT, NO_EVENT),
        (unknown_event & rows.status.notnull(), not_known("feedbackStatus", rows.status)),
        (
            unknown_event & rows.interaction.notnull(),
            not_known("interactionType", rows.interaction),
        ),
        (unknown_event, "no feedbackStatus, interactionType or push event"),
        (rows.id.isnull(), "_id is missing"),
        (rows.time.isnull(), "timestamp is missing"),
        no_time(rows.time),
        *((column.isnull(), f"{field} is missing") for field, column in needed.items()),
        unknown("channel", rows.channel, CHANNELS),
        unknown("bounce_type", rows.failure, BOUNCE_TYPES),  # of the row: its sent goes too
        else_=ibis.null("string"),
    )
