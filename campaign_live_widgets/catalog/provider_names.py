"""The names of families of mailbox providers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER: Final = "other"
"""The family of a domain that no pattern matches."""

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "gmail": "Gmail",
        "microsoft": "Outlook.com",
        "yahoo": "Yahoo, AOL",
        "apple": "iCloud",
        "united_internet": "GMX, WEB.DE",
        "t_online": "T-Online",
        "freenet": "freenet",
        "posteo": "Posteo",
        "orange": "Orange",
        "free": "Free",
        "sfr": "SFR",
        "laposte": "La Poste",
        "bouygues": "Bouygues Telecom",
        "proton": "Proton",
        "libero": "Libero",
        "tim_it": "TIM",
        "virgilio": "Virgilio",
        "telenet": "Telenet",
        "proximus": "Proximus",
        "kpn": "KPN",
        "ziggo": "Ziggo",
        "bt": "BT",
        "virgin_media": "Virgin Media",
        "sky": "Sky",
        "talktalk": "TalkTalk",
        "bluewin": "Bluewin",
        "seznam": "Seznam",
        "wp": "WP",
        "onet": "Onet",
        "interia": "Interia",
        "mail_ru": "Mail.ru",
        "yandex": "Yandex",
        "qq": "QQ",
        "netease": "NetEase",
        "naver": "Naver",
        "daum": "Daum",
        "docomo": "NTT Docomo",
        "au": "au",
        "softbank": "SoftBank",
        "uol": "UOL",
        "bol": "BOL",
        "terra": "Terra",
        "zoho": "Zoho",
        "fastmail": "Fastmail",
        "tuta": "Tuta",
    }
)
"""Names that are the same in both languages."""

PROVIDER_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        OTHER: Text("Other", "Autres"),
        "o2_pl": Text("o2 (Poland)", "o2 (Pologne)"),
        "yahoo_japan": Text("Yahoo! Japan", "Yahoo! Japon"),
        **{family: Text(name, name) for family, name in _NAMES.items()},
    }
)
"""The label of each family of ``providers.csv``, and of the other domains."""
