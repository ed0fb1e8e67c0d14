"""A link is the same in SQL and in Python, and never has what could identify who clicked."""

from __future__ import annotations

from typing import Final

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.catalog.details import Click, packed
from campaign_live_widgets.catalog.links import link_of
from campaign_live_widgets.engine.aggregates.event_kinds import packed_kinds
from campaign_live_widgets.engine.duckdb.details import OF_EVENT, with_detail
from tests.fuzz.budget import budget

EXAMPLES: Final = (
    ("https://Shop.example.com/sale/?utm=x#top", "shop.example.com/sale"),
    ("https://example.com/", "example.com"),
    ("https://mail.example/u/ana%40mail.com/prefs", "mail.example/u/*/prefs"),
    ("https://mail.example/c/9f8e7d6c5b4a39281706abcd", "mail.example/c/*"),
    ("mailto:a@b.c", "mailto"),
    (None, "unknown"),
    ("\t MAILTO:a@b.c", "mailto"),
    ("Tel:+33123456", "tel"),
    ("sms:123456?body=x", "sms"),
    ("\u017fms:123456", "unknown"),
    ("http://ana:secret@x@Shop.example:8080//a///?x", "shop.example//a"),
    ("http://h/12345/123456/1234567", "h/12345/*/*"),
    ("http://h/\u0661\u0662\u0663\u0664\u0665\u0666", "h/\u0661\u0662\u0663\u0664\u0665\u0666"),
    ("http://h/summer-sale-of-the-year", "h/summer-sale-of-the-year"),
    ("http://h/1234567890-1234567890", "h/1234567890-1234567890"),
    ("http://h/1" + "\u00e9" * 18, "h/1" + "\u00e9" * 18),
    ("http://h/1" + "\u00e9" * 19, "h/*"),
    ("http://h/ana@mail.example?x", "h/*"),
    ("http://h/a ?x", "h/a "),
    ("http://h/a ", "h/a"),
    ("http://h#a/123456", "h"),
    ("http://h\n/a\nb", "h\n/a\nb"),
    ("HTTP://\u00c9COLE.example/\u00c9", "\u00c9cole.example/\u00c9"),
    ("http:///path", "unknown"),
    ("http://ana@/path", "unknown"),
    ("http://:80/path", "unknown"),
    ("shop.example/sale", "unknown"),
    ("javascript:alert(1)", "unknown"),
    ("//shop.example", "unknown"),
    ("1http://shop.example", "unknown"),
    ("http://[2001:db8::1]:80/x", "[2001:db8::1]/x"),
    ("http://h/a\x00b", "h/a\x00b"),
)
PIECES: Final = (
    *("http", "HTTPS", "://", ":", "/", "//", "?", "#", "@", "%40", "%2540", "*", ".", "-", "="),
    *("a", "B", "1", "12345", "123456", "x" * 19, "x1" * 10, "\u00e9" * 19, "\U0001f600"),
    *("\u0130", "\u017f", "\u212a", "\u0661\u0662\u0663\u0664\u0665\u0666", "mailto", "TEL", "sms"),
    *("\n", "\t", " ", "\v", "\f", "\r", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\x00", ":80"),
    *("'", '"', "\\", "$", "<script>"),
)
URLS: Final = st.one_of(
    st.none(),
    st.text(),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=14).map(lambda parts: "http://" + "".join(parts)),
)


def details(urls: list[str | None]) -> list[str]:
    """Return the details of clicks, by SQL."""
    clicks = (
        f"(SELECT number, {OF_EVENT}, {packed_kinds(['click'])[0]} AS kind FROM "
        "(SELECT unnest($1::VARCHAR[]) AS url, unnest($2) AS number, 'click' AS event_type, "
        "NULL AS domain, NULL AS reason, NULL AS status_code, true AS is_machine, "
        "'prefetch' AS machine_reason))"
    )
    with duckdb.connect() as con:
        rows = con.execute(
            f"SELECT detail FROM {with_detail(clicks)} ORDER BY number",
            [urls, list(range(len(urls)))],
        ).fetchall()
    return [detail for (detail,) in rows]


def test_links_are_as_defined() -> None:
    urls = [url for url, _ in EXAMPLES]
    links = [link for _, link in EXAMPLES]
    assert [link_of(url) for url in urls] == links
    assert details(urls) == [packed(Click(link, "prefetch")) for link in links]


@pytest.mark.usefixtures("matrix")
@budget(60)
@given(urls=st.lists(URLS, min_size=1, max_size=40))
def test_links_of_any_text_are_the_same_in_sql_and_in_python(urls: list[str | None]) -> None:
    urls = [url and url.encode("utf-8", "replace").decode() for url in urls]
    assert details(urls) == [packed(Click(link_of(url), "prefetch")) for url in urls]


@budget(60)
@given(
    host=st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True),
    secret=st.from_regex(
        r"[0-9a-f]{11}[a-f][0-9][0-9a-f]{11}|[0-9]{6,12}|[a-z]+@[a-z]+", fullmatch=True
    ),
    place=st.sampled_from(
        (
            "http://{s}@{h}/",
            "http://{h}/{s}",
            "http://{h}/a/{s}/b",
            "http://{h}/?t={s}",
            "http://{h}#{s}",
        )
    ),
)
def test_a_link_has_no_address_and_no_token(host: str, secret: str, place: str) -> None:
    link = link_of(place.format(h=host, s=secret))
    assert link.startswith(host)
    assert secret not in link
