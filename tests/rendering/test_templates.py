from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from campaign_live_widgets.rendering.html.templates import _environment, data_script
from tests.support.reports.elements import parse

CHARACTERS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=60
)


def filled(source: str, **values: object) -> str:
    return _environment().from_string(source).render(values)


@given(CHARACTERS, CHARACTERS)
def test_text_is_unchanged_after_parsing(text: str, attribute: str) -> None:
    made = parse(filled('<p title="{{ a }}">{{ t }}</p>', a=attribute, t=text)).one("p")
    assert made.attributes == {"title": attribute}
    assert made.text == text
    assert not list(made.walk())


def test_characters_that_html_cannot_contain_are_replaced() -> None:
    assert filled("{{ t }}", t="a\x00b\x1bc\ud800\n\t") == "a\ufffdb\ufffdc\ufffd\n\t"
    filled("<p>{{ t }}</p>", t="\ud800").encode()


def test_only_markup_is_not_escaped() -> None:
    assert filled("{{ a }}{{ b }}", a="<b>", b=Markup("<i>")) == "&lt;b&gt;<i>"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        filled("{{ missing }}")


@given(st.recursive(CHARACTERS, lambda inner: st.dictionaries(CHARACTERS, inner, max_size=3)))
def test_data_cannot_close_a_script(value: object) -> None:
    made = data_script("data", {"value": value, "more": "</script><!-- \u2028 &amp; ]]>"})
    inner = made.partition(">")[2].rpartition("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(inner)
    assert json.loads(inner)["value"] == value
