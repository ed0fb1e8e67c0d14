"""Names of snapshots: valid on every file system and different for each campaign."""

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.snapshot import Selection
from campaign_live_widgets.snapshots.paths import is_part, machines_of, slug, with_tests
from tests.support.events.memory import snapshot_of
from tests.support.reports.snapshot_folders import name_of

IDS = (
    st.text() | st.text("aA1-_~. ", max_size=6) | st.sampled_from(["", "CON", "é", "e", "x" * 500])
)


def test_the_name_contains_campaign_time_and_duration() -> None:
    day = snapshot_of([], campaign_id="autumn-sale-2026")
    assert name_of(day) == "autumn-sale-2026_2026-11-23T1505Z_24h"
    week = snapshot_of([], length=timedelta(days=7), campaign_id="autumn-sale-2026")
    assert name_of(week).endswith("Z_7d")
    odd = snapshot_of([], length=timedelta(minutes=90), campaign_id="autumn-sale-2026")
    assert name_of(odd).endswith("Z_90m")
    part = replace(day, selection=Selection(frozenset({"m1"})), include_tests=True)
    assert name_of(part).endswith("Z_24h_part_tests")
    people = name_of(replace(part, machines="exclude"))
    assert people.endswith("Z_24h_part_tests_nomachines")
    alone = name_of(replace(day, machines="only"))
    assert alone.endswith("Z_24h_machines")
    for name, machines in ((people, "exclude"), (f"{alone}-2", "only"), (name_of(day), "include")):
        assert machines_of(name) == machines
    assert is_part(people)
    assert with_tests(people)


@given(IDS)
def test_a_name_is_valid_on_every_file_system(campaign_id: str) -> None:
    name = name_of(snapshot_of([], campaign_id=campaign_id))
    assert re.fullmatch(r"[a-z0-9][a-z0-9_~-]*_2026-11-23T1505Z_24h", name)
    assert len(name) < 100


@given(IDS, IDS)
def test_different_campaigns_have_different_names(one: str, other: str) -> None:
    if one != other:
        assert slug(one).casefold() != slug(other).casefold()
    assert slug(one) == slug(one)


def test_similar_ids_have_different_names() -> None:
    alike = [
        "Spring Sale",
        "spring-sale",
        "SPRING-SALE",
        "spring_sale",
        "spring sale",
        "Spríng Sale",
    ]
    taken = slug("Spring Sale")
    assert len({slug(one) for one in [*alike, taken]}) == 7
    assert slug("spring-sale") == "spring-sale"
