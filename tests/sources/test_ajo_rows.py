"""What rows of Journey Optimizer's mean: whose they are, copies, and late bounces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.events import files
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]
ONE = [{"id": "a-1", "primary": False}]
PEOPLE: tuple[tuple[Row | None, str], ...] = (
    (None, "mail"),
    ({}, "mail"),
    ({"ECID": []}, "mail"),
    ({"ECID": [{"id": " "}]}, "mail"),
    ({"ECID": ONE}, "a-1"),
    ({"Email": [{"id": "z@x.example"}], "ECID": [{"id": "e-2"}, {"id": "e-1"}]}, "e-1"),
    ({"Phone": ONE, "ECID": [{"id": "e"}], "Email": [{"id": "y", "primary": True}]}, "y"),
    (
        {"ECID": [{"id": 'quo"ted\\', "authenticatedState": "ambiguous", "primary": True}]},
        'quo"ted\\',
    ),
)


def row(number: int, identities: Row | None, **inner: Row) -> Row:
    return {
        "_id": f"x{number}",
        "timestamp": "2026-11-20T12:00:00Z",
        "eventType": "message.feedback",
        "identityMap": identities,
        "_experience": {
            "customerJourneyManagement": {
                "messageExecution": {"campaignID": "c", "messageID": "m"},
                "messageProfile": {
                    "messageProfileID": "mail",
                    "channel": {"_id": "https://ns.adobe.com/xdm/channels/email"},
                },
                "messageDeliveryfeedback": {"feedbackStatus": "sent"},
                **inner,
            }
        },
    }


def _by_namespace(one: Row) -> Row:
    """Return a row with a name for each namespace, as a table library flattens it."""
    flat = files.flattened({name: v for name, v in one.items() if name != "identityMap"})
    return flat | {f"identityMap.{n}": v for n, v in (one["identityMap"] or {}).items()}


def _upper(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name.upper(): _upper(v) for name, v in value.items()}
    return [_upper(v) for v in value] if isinstance(value, list) else value


def _as_csv(rows: list[Row]) -> str:
    return files.csv_text(
        [
            {n: json.dumps(v) if isinstance(v, list) else v for n, v in one.items()}
            for one in map(_by_namespace, rows)
        ]
    )


FORMS: dict[str, Callable[[list[Row]], str]] = {
    "ndjson": files.ndjson_text,
    "upper.ndjson": lambda rows: files.ndjson_text(list(map(_upper, rows))),
    "names.ndjson": lambda rows: files.ndjson_text(list(map(_by_namespace, rows))),
    "mixed.ndjson": lambda rows: files.ndjson_text([rows[0], *map(_upper, rows[1:])]),
    "csv": lambda rows: files.csv_text(list(map(files.flattened, rows))),
    "names.csv": _as_csv,
}


@pytest.mark.parametrize("form", FORMS)
def test_profile_is_the_identity_that_the_map_names(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{form}"
    rows = [row(n, identities) for n, (identities, _) in enumerate(PEOPLE)]
    path.write_text(FORMS[form](rows))
    read = {r["event_id"]: r["profile_id"] for r in staged(path)}
    assert read == {
        f"x{n}:{kind}": person
        for n, (_, person) in enumerate(PEOPLE)
        for kind in ("sent", "delivered")
    }


@pytest.mark.parametrize("form", FORMS)
def test_copies_have_no_event_and_late_bounces_were_sent_before(form: str, tmp_path: Path) -> None:
    copied = {"type": "BCC", "originalRecipientAddress": "reader@mail.example"}
    late = {"feedbackStatus": "Out_Of_Band", "messageFailure": {"type": "Soft", "reason": "full"}}
    rows = [
        row(1, {"ECID": ONE}),
        row(2, {"ECID": ONE}, secondaryRecipientDetail=copied),
        row(3, {"ECID": ONE}, messageDeliveryfeedback=late),
    ]
    path = tmp_path / f"rows.{form}"
    path.write_text(FORMS[form](rows))
    read = [(r["event_type"], r["bounce_type"], r["is_async"]) for r in staged(path) if r["part"]]
    assert read == [("sent", None, False), ("delivered", None, False), ("bounce", "soft", True)]
    assert not any(r["cause"] for r in staged(path))
