from __future__ import annotations

import csv
import re
from pathlib import Path
from time import perf_counter

import pytest

from campaign_live_widgets import catalog
from campaign_live_widgets.catalog import value_label
from campaign_live_widgets.catalog.providers import families
from campaign_live_widgets.errors import UsageError

SHIPPED = Path(catalog.__file__).with_name("providers.csv")
WITH_ENDINGS = {
    "outlook": "microsoft",
    "hotmail": "microsoft",
    "live": "microsoft",
    "yahoo": "yahoo",
    "aol": "yahoo",
    "gmx": "united_internet",
}
LISTED = {
    "gmail": "gmail.com googlemail.com",
    "microsoft": "msn.com passport.com windowslive.com",
    "yahoo": "ymail.com rocketmail.com myyahoo.com aim.com verizon.net att.net sbcglobal.net "
    "bellsouth.net pacbell.net ameritech.net currently.com comcast.net cox.net rogers.com",
    "yahoo_japan": "yahoo.co.jp ymail.ne.jp",
    "apple": "icloud.com me.com mac.com privaterelay.appleid.com",
    "united_internet": "web.de mail.com email.de 1und1.de",
    "orange": "orange.fr wanadoo.fr voila.fr",
    "free": "free.fr libertysurf.fr aliceadsl.fr",
    "sfr": "sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr",
    "laposte": "laposte.net",
    "bouygues": "bbox.fr",
    "proton": "proton.me protonmail.com protonmail.ch pm.me",
}
NAMED = [
    "t_online",
    "freenet",
    "posteo",
    "libero",
    "tim_it",
    "virgilio",
    "telenet",
    "proximus",
    "kpn",
    "ziggo",
    "bt",
    "virgin_media",
    "sky",
    "talktalk",
    "bluewin",
    "seznam",
    "wp",
    "onet",
    "interia",
    "o2_pl",
    "mail_ru",
    "yandex",
    "qq",
    "netease",
    "naver",
    "daum",
    "docomo",
    "au",
    "softbank",
    "uol",
    "bol",
    "terra",
    "zoho",
    "fastmail",
    "tuta",
]


def providers_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(("family", "domains"), LISTED.items())
def test_listed_domains_are_in_their_families(family: str, domains: str) -> None:
    for domain in domains.split():
        assert families().family(domain) == families().family(domain.upper()) == family
        assert (
            families().family(f"mail.{domain}") == families().family(f"{domain}.zz.zz") == "other"
        )


@pytest.mark.parametrize(("name", "family"), WITH_ENDINGS.items())
def test_a_name_with_endings_is_the_whole_domain(name: str, family: str) -> None:
    of = families().family
    for ending in ("com", "net", "fr", "de", "co.uk", "com.br", "com.au", "co.nz"):
        assert of(f"{name}.{ending}") == family
    for ending in (
        "org",
        "example.com",
        "com.com",
        "co.com",
        "c.fr",
        "fr.fr",
        "f",
        "fr1",
        "fr.",
        "",
    ):
        assert of(f"{name}.{ending}") == "other"
    assert of(name) == of(f"my{name}x.com") == of(f"x.{name}.com") == of(f"{name}.com\n") == "other"


def test_what_is_in_no_family() -> None:
    of = families().family
    assert of(None) == of(float("nan")) == "unknown"
    assert (
        of("hotmail.example.com")
        == of("example.com")
        == of("")
        == of("yahoo.co.jp.example")
        == "other"
    )
    assert of("yahoo.co.jp") == "yahoo_japan" != of("yahoo.co.uk")


def test_every_family_of_the_contract_has_domains_and_a_label() -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["family"] for row in rows} == {*LISTED, *NAMED}
    patterns = [row["pattern"] for row in rows]
    assert len(patterns) == len(set(patterns))
    assert {p for p in patterns if "*" in p} == {f"{name}.*" for name in WITH_ENDINGS}
    for family in {*LISTED, *NAMED, "other", "unknown"}:
        assert value_label("provider", family) not in {"", family} or family in {"freenet", "au"}
        assert value_label("provider", family, "fr")
    assert value_label("provider", "yahoo") == "Yahoo, AOL"
    assert (value_label("provider", "other", "fr"), value_label("provider", "unknown", "fr")) == (
        "Autres",
        "Inconnu",
    )
    assert value_label("provider", "northmail", "fr") == "northmail"


def naive(domain: str | None, rows: list[tuple[str, str]]) -> str:
    """Return the family by searching all rows, first the domains, then the names."""
    if domain is None:
        return "unknown"
    for pattern, family in rows:
        if pattern == domain:
            return family
    for pattern, family in rows:
        if pattern.endswith(".*") and re.fullmatch(
            re.escape(pattern[:-2]) + r"\.(com|net|[a-z][a-z]|com\.[a-z][a-z]|co\.[a-z][a-z])",
            domain,
        ):
            return family
    return "other"


def test_rows_of_a_file_come_before_the_shipped_ones(tmp_path: Path) -> None:
    own = [
        ("gmail.com", "other"),
        ("yahoo.*", "mine"),
        ("northmail.example", "northmail"),
        ("northmail.example", "second"),
        ("bücher.example", "books"),
        ("live.*", "live-own_1"),
    ]
    path = providers_file(tmp_path, "pattern,family\n" + "".join(f"{p},{f}\n" for p, f in own))
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = [*own, *((r["pattern"], r["family"]) for r in csv.DictReader(file))]
    known = families(path)
    domains = {
        *(p.replace("*", ending) for p, _ in rows for ending in ("com", "co.uk", "example")),
        *("yahoo.co.jp", "gmail.fr", "x.northmail.example", "live.net"),
        None,
    }
    assert {d: known.family(d) for d in domains} == {d: naive(d, rows) for d in domains}
    assert known.family("gmail.com") == "other"
    assert known.family("northmail.example") == "northmail"
    assert known.family("yahoo.fr") == "mine"
    assert known.family("yahoo.co.jp") == "yahoo_japan"
    assert families().family("gmail.com") == "gmail"


def test_a_file_may_be_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    content = '\ufeffPattern,Family\r\n\r\n"NorthMail.Example", northmail \r\n,\r\n'
    assert families(providers_file(tmp_path, content)).family("northmail.example") == "northmail"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty; begin it with the row pattern,family"),
        ("gmail.com,gmail\n", "row 1: the columns are 'gmail.com,gmail'; begin with the row"),
        ("pattern;family\n", "row 1: the columns are 'pattern;family'; begin with the row"),
        ("pattern,family\na.com,b\nc.com\n", "row 3: 1 values; write two"),
        ("pattern,family\na.com,b,c\n", "row 2: 3 values; write two"),
        ("pattern,family\n\n,b\n", "row 3: '' is no domain; write one such as example.com"),
        ("pattern,family\nana@a.com,b\n", "row 2: 'ana@a.com' is no domain"),
        ("pattern,family\n*.a.com,b\n", "row 2: '*.a.com' is no domain"),
        ("pattern,family\nmail.a.*,b\n", "row 2: 'mail.a.*' is no domain"),
        ("pattern,family\nlocalhost,b\n", "row 2: 'localhost' is no domain"),
        ("pattern,family\na.com,\n", "row 2: the family '' is not of a-z"),
        ("pattern,family\na.com,My own\n", "row 2: the family 'My own' is not of a-z"),
        ("pattern,family\na.com,unknown\n", "row 2: 'unknown' is kept for events without a domain"),
        ('pattern,family\n"a.com,b\n', "row 2: unexpected end of data; write pattern,family"),
        (b"pattern,family\na.com,b\n\xe9.com,b\n", "row 3 is not in UTF-8; save the file"),
        ("pattern,family\n" + "x" * 300 + ",b\n", "row 2: 'xxx"),
    ],
)
def test_an_invalid_file_gives_one_line_that_names_the_row(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = providers_file(tmp_path, content)
    with pytest.raises(UsageError) as error:
        families(path)
    text = str(error.value)
    assert text.startswith(f"{path}: {message}")
    assert "\n" not in text
    assert len(text) < len(str(path)) + 200


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the providers cannot be read: No such file"):
        families(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="the providers cannot be read: Is a directory"):
        families(tmp_path)
    path = providers_file(tmp_path, b"pattern,family\n" + b"\n" * (4 << 20))
    with pytest.raises(UsageError, match="larger than 4 MB"):
        families(path)


def test_many_domains_take_little_time() -> None:
    of = families().family
    domains = [f"{name}.{i}.example" for i in range(25_000) for name in ("yahoo", "a", "b", "c")]
    started = perf_counter()
    assert {of(domain) for domain in domains} == {"other"}
    assert perf_counter() - started < 2
