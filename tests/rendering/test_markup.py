from __future__ import annotations

import json

from elements import parse
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.rendering.html.markup import Markup, data_script, escape, tag

CHARACTERS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=60
)


@given(CHARACTERS, CHARACTERS)
def test_text_comes_back_as_it_was(text: str, attribute: str) -> None:
    made = parse(tag("p", text, title=attribute)).one("p")
    assert made.attributes == {"title": attribute}
    assert made.text == text
    assert not list(made.walk())


def test_what_a_page_cannot_hold_is_replaced() -> None:
    assert escape("a\x00b\x1bc\ud800\n\t") == "a\ufffdb\ufffdc\ufffd\n\t"
    tag("p", "\ud800").encode()


def test_attributes_and_children() -> None:
    made = tag("a", ["x", None, [Markup("<b>y</b>"), 3]], class_="k", data_value=0, hidden=True)
    assert made == '<a class="k" data-value="0" hidden>x<b>y</b>3</a>'
    assert tag("br", id=None, open=False) == "<br>"


@given(st.recursive(CHARACTERS, lambda inner: st.dictionaries(CHARACTERS, inner, max_size=3)))
def test_data_ends_no_script(value: object) -> None:
    made = data_script("data", {"value": value, "more": "</script><!-- \u2028 &amp; ]]>"})
    inner = made.partition(">")[2].rpartition("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(inner)
    assert json.loads(inner)["value"] == value
