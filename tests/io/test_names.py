"""Names of files and folders: the formats that existing layouts, stores and snapshots use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.io.names import dashed, digest, file_stem, to_ascii
from campaign_live_widgets.layouts.files import file_name
from campaign_live_widgets.snapshots.paths import slug
from campaign_live_widgets.store.partition import folder_of

LONG = f"!{'Ab ' * 40}"


@pytest.mark.parametrize(
    ("text", "layout", "campaign", "snapshot", "download"),
    [
        ("", "e3b0c44298fc1c14", "ddd9c40767f9", "campaign~e3b0c44298", ""),
        (
            "autumn-sale-2026",
            "autumn-sale-2026-624bb545738d6e8e",
            "autumn-sale-2026-482247eac83f",
            "autumn-sale-2026",
            "autumn-sale-2026",
        ),
        (
            "Été/../sale",
            "ete-sale-f2b57b9f20dcf729",
            "t-sale-d9eb7b82e3f8",
            "ete-sale~f2b57b9f20",
            "Ete-sale",
        ),
        ("夏", "8482432c0274b8ee", "ffb0c9934a43", "campaign~8482432c02", ""),
        (
            LONG,
            "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-f23ee959d6d8c2e2",
            "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a-095d1e61083a",
            "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab~f23ee959d6",
            "Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab-Ab",
        ),
    ],
)
def test_the_formats_of_durations_on_disk_are_unchanged(
    text: str, layout: str, campaign: str, snapshot: str, download: str
) -> None:
    folder = folder_of(text, 20000).removeprefix("events/campaign=").removesuffix("/day=2024-10-04")
    assert (file_name(text), folder, slug(text), file_stem(text)) == (
        layout,
        campaign,
        snapshot,
        download,
    )


@given(st.text(max_size=300))
def test_file_stem_is_plain_ascii_of_limited_length(text: str) -> None:
    stem = file_stem(text)
    assert len(stem) <= 60
    assert not stem or stem.replace("-", "").isalnum()
    assert stem.isascii()


def test_letters_with_accents_become_plain_and_other_scripts_are_dropped() -> None:
    assert to_ascii("Été à Malmö 夏") == "Ete a Malmo "


def test_a_run_of_other_characters_becomes_one_dash() -> None:
    assert dashed("a../ b") == "a-b"


def test_digest_accepts_text_that_is_not_valid_unicode() -> None:
    assert len(digest("\ud800", 16)) == 16
