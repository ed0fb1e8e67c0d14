"""No style sheet changes the letters of a name or an id."""

from __future__ import annotations

import re
from pathlib import Path

import campaign_live_widgets

OWN_WORDS = {
    ".clw-header-window::first-letter",
    ".clw-pick-window .clw-pick-value::first-letter",
    ".clw-filter-lengths span::first-letter",
}
"""What shows words of the report alone."""
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def test_only_words_of_the_report_change_case() -> None:
    changed = set()
    for sheet in Path(campaign_live_widgets.__file__).parent.rglob("*.css"):
        css = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selectors, rules in RULE.findall(css):
            if re.search(r"text-transform|font-variant-caps|small-caps", rules):
                changed |= {" ".join(selector.split()) for selector in selectors.split(",")}
    assert changed == OWN_WORDS
