"""The page of documentation shows the texts of the catalogue."""

from __future__ import annotations

from pathlib import Path

from campaign_live_widgets.catalog.bounce_classes import ADVICE, BOUNCE_CLASSES
from campaign_live_widgets.catalog.lines import CAMPAIGN_LINES, PROVIDER_LINES
from campaign_live_widgets.catalog.verdicts import VERDICTS

PAGE = Path(__file__).parents[2] / "docs" / "deliverability.md"


def rows_of_tables() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]


def test_page_lists_every_class_with_its_advice() -> None:
    expected = [
        [f"{c.title('en')} (`{c.id}`)", *(getattr(c, field)("en") for field in ADVICE)]
        for c in BOUNCE_CLASSES.values()
    ]
    assert [row for row in rows_of_tables() if "(`" in row[0]] == expected


def test_page_lists_every_verdict() -> None:
    words = [row[0] for row in rows_of_tables() if len(row) == 2][2:]
    assert words == [text("en") for text in VERDICTS.values()]


def test_page_lists_the_lines() -> None:
    pairs = {row[0]: row[2:4] for row in rows_of_tables() if row[0].count("÷")}
    for lines, name in (
        (PROVIDER_LINES["complaint"], "complaints ÷ delivered"),
        (CAMPAIGN_LINES["complaint"], "complaints ÷ delivered"),
        (CAMPAIGN_LINES["hard_bounce"], "hard bounces ÷ sent"),
        (PROVIDER_LINES["failure"], "(bounces \N{MINUS SIGN} ignored) ÷ (delivered + bounces)"),
    ):
        assert pairs[name] == [f"{lines.warning * 100:g}%", f"{lines.limit * 100:g}%"]
