"""Why a message bounced: replies of mail servers, by enhanced code (RFC 3463) and by words.

Reasons are the catalogue's, so that all vendors' bounces read alike. django-anymail
parses vendors' events too, but its parsers are views of Django and keep vendors' own words.
"""

from __future__ import annotations

from typing import Final

from campaign_live_widgets.sources.formats.sql import one_of, quoted

ENHANCED_CODE: Final = r"(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:$|[^0-9.]|\.(?:$|[^0-9]))"
"""A code in a reply: class, subject, detail; an Internet address is not one."""
_BASIC_CODE: Final = r"^(?:[a-z]+ *; *)?([245][0-9]{2})(?:$|[^0-9])"

_BY_CODE: Final = {
    "Invalid-Recipient": ("1.0", "1.1", "1.3", "1.6", "1.9", "2.1"),
    "DNS-Failure": ("1.2", "1.10", "4.3", "4.4"),
    "Mailbox-Full": ("2.2",),
    "Too-Large": ("2.3", "3.4"),
    "Timeout": ("4.1", "4.7"),
    "Transient-Failure": ("3.1", "3.2", "4.2", "4.5"),
    "Admin-Failure": ("1.7", "1.8", "3.3", "3.5", "4.6", "5.1", "5.2", "5.4", "5.5"),
    "Prohibited-Attachment": ("6.1",),
    "Spam-Block": ("7.28",),
}
"""Reason → subject and detail, of codes that mean one thing."""
_WHO: Final = "(user|recipient|mailbox|address|account)"
_IS_NONE: Final = (
    "(unknown|not found|does ?n.t exist|does not exist|not exist|invalid|unavailable|disabled"
    "|inactive|no longer)"
)
_BY_WORDS: Final = (
    ("Auto-Reply", "out of (the )?office|auto(matic)?[- ]?(reply|response)|vacation"),
    ("Challenge-Response", "challenge.?response|confirm (that )?you are (a )?human"),
    (
        "Mailbox-Full",
        "(mailbox|quota|storage).{0,40}(full|exceed)|over ?quota|insufficient storage",
    ),
    ("Relaying-Denied", "relay(ing)? (access )?(denied|not permitted|not allowed)|unable to relay"),
    ("Prohibited-Attachment", "attachment|virus|malware"),
    ("Spam-Content", "spam.{0,20}(content|message)|(content|message).{0,40}spam"),
    ("Spam-Block", "spam|spamhaus|spamcop|rbl|black ?list|block ?list|blocked using|reputation"),
    (
        "Invalid-Recipient",
        f"{_WHO}.{{0,40}}{_IS_NONE}|(unknown|invalid|no such) {_WHO}",
    ),
    (
        "DNS-Failure",
        "no mx|dns|domain.{0,20}(not found|does not exist)|host (or domain )?.?not found",
    ),
    ("Too-Large", "too (large|big)|size limit|exceeds? .{0,20}size"),
    ("Timeout", "time?d? ?-?out|expired"),
    ("Mail-Block", "blocked|denied|refused|rejected|policy|dmarc|not authori[sz]ed"),
    ("Transient-Failure", "rate limit|throttl|try again|too many|temporar"),
)
"""Reason and a pattern for it, the most specific first; replies are in lower case."""
_GREYLISTED: Final = "gr[ae]y ?-?list|(post|sql)grey"
"""A server that refuses each new sender for some minutes: whatever else it replies."""
_BY_BASIC_CODE: Final = {
    "Mailbox-Full": ("452", "552"),
    "Transient-Failure": ("421", "450", "451"),
}
_HARD: Final = ("Invalid-Recipient", "DNS-Failure", "Generic-Bounce-No-RCPT")
_SOFT: Final = ("Mailbox-Full", "Too-Large", "Timeout", "Transient-Failure", "Soft-Bounce")
_IGNORED: Final = ("Auto-Reply", "Challenge-Response")


def code(status: str, reply: str) -> str:
    """Return SQL for the enhanced code of a bounce, null where there is none.

    Parameters
    ----------
    status, reply : str
        SQL for the vendor's status code, and for the server's reply.
    """
    return (
        f"coalesce(nullif(regexp_extract({status}, {quoted(ENHANCED_CODE)}, 1), ''), "
        f"nullif(regexp_extract({reply}, {quoted(ENHANCED_CODE)}, 1), ''))"
    )


def status_code(status: str, reply: str) -> str:
    """Return SQL for the enhanced code of a bounce, else the three digits of the reply.

    Null where there is neither; see :func:`code`.
    """
    basic = (
        f"nullif(regexp_extract(lower({x}), {quoted(_BASIC_CODE)}, 1), '')" for x in (status, reply)
    )
    return f"coalesce({code(status, reply)}, {', '.join(basic)})"


def reason(status: str, reply: str) -> str:
    """Return SQL for the reason of a bounce, as the catalogue names it; see :func:`code`.

    A code that means one thing goes before words, words before a general code.
    """
    status_code, words = code(status, reply), f"lower({reply})"
    detail = f"substr({status_code}, 3)"
    basic = f"regexp_extract({words}, {quoted(_BASIC_CODE)}, 1)"
    branches = [
        f"WHEN {is_greylisted(reply)} THEN 'Transient-Failure'",
        *(f"WHEN {detail} IN {one_of(d)} THEN {quoted(r)}" for r, d in _BY_CODE.items()),
        *(f"WHEN regexp_matches({words}, {quoted(w)}) THEN {quoted(r)}" for r, w in _BY_WORDS),
        f"WHEN starts_with({detail}, '7.') THEN 'Mail-Block'",
        *(f"WHEN {basic} IN {one_of(c)} THEN {quoted(r)}" for r, c in _BY_BASIC_CODE.items()),
        f"WHEN coalesce({status_code}, {basic}) LIKE '5%' THEN 'Generic-Bounce'",
        f"WHEN coalesce({status_code}, {basic}) LIKE '4%' THEN 'Soft-Bounce'",
    ]
    return f"CASE {' '.join(branches)} ELSE 'Undetermined' END"


def is_greylisted(reply: str) -> str:
    """Return SQL for whether a server refused a sender that it did not know yet."""
    return f"regexp_matches(lower({reply}), {quoted(_GREYLISTED)})"


def bounce_type(reason_found: str, status: str, reply: str) -> str:
    """Return SQL for the type of a bounce where its vendor does not report one; null if unknown.

    A full mailbox is soft even where the server calls it permanent.
    """
    basic = f"regexp_extract(lower({reply}), {quoted(_BASIC_CODE)}, 1)"
    kind = f"coalesce({code(status, reply)}, {basic})"
    return (
        f"CASE WHEN {reason_found} IN {one_of(_IGNORED)} THEN 'ignored' "
        f"WHEN {reason_found} IN {one_of(_SOFT)} OR {kind} LIKE '4%' THEN 'soft' "
        f"WHEN {reason_found} IN {one_of(_HARD)} OR {kind} LIKE '5%' THEN 'hard' END"
    )
