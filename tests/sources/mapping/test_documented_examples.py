"""The examples of docs/mapping.md do what the page promises."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sources.mapping.test_mapped_files import counts_of

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres

PAGE = Path(__file__).parents[3] / "docs" / "mapping.md"
EXAMPLE = re.compile(r"`([\w/.-]+)`:\n\n```(?:text|toml)\n(.*?)```", re.DOTALL)


def section(title: str) -> str:
    text = PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2]
    return text.partition("\n## ")[0]


def written(folder: Path, title: str) -> None:
    """Write the files of a section of the page."""
    for name, content in EXAMPLE.findall(section(title)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def test_a_csv_of_your_own(tmp_path: Path) -> None:
    written(tmp_path, "A CSV of your own")
    counted = counts_of(f"{tmp_path}/crm.toml:{tmp_path}/exports")
    wanted = {"campaign": "spring-sale", "sent": 2, "delivered": 1, "bounces": 1, "opens": 1}
    assert counted | wanted | {"entered": 2, "ignored": 1, "rejected": 0} == counted


@pytest.mark.usefixtures("matrix")
def test_a_campaign_export_of_mailchimp(tmp_path: Path) -> None:
    written(tmp_path, "A campaign export of Mailchimp")
    counted = counts_of(f"{tmp_path}/mailchimp.toml:{tmp_path}/granular_activity")
    assert counted | {"campaign": "spring-sale", "opens": 2, "clicks": 1, "rejected": 0} == counted


@pytest.mark.database
def test_a_table_of_a_warehouse(tmp_path: Path, postgres: Postgres) -> None:
    text = section("A table of a warehouse")
    written(tmp_path, "A table of a warehouse")
    with postgres.connect() as con:
        con.execute(text.partition("```sql\n")[2].partition("```")[0])
    counted = counts_of(f"{tmp_path}/warehouse.toml:{postgres.url('mail_log')}")
    wanted = {"campaign": "spring-sale", "message_id": "hello", "sent": 2, "delivered": 1}
    wanted |= {"bounces": 1, "opens": 1, "rejected": 0, "ignored": 1, "entered": 2}
    assert counted | wanted == counted
