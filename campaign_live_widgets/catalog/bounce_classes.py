"""Why mail comes back: ten classes of bounces, who acts on each, and what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TEXT: Final = Text("\N{EN DASH}", "\N{EN DASH}")
"""Where there is no one to act, or nothing to do."""
_YES: Final = Text("yes", "oui")
_NO: Final = Text("no", "non")
_LIST_OWNER: Final = Text("list owner", "responsable de la liste")
_MAIL_TEAM: Final = Text("mail team", "équipe e-mail")
_NO_ONE: Final = Text("no one", "personne")

ADVICE: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "owner": Text("Owner", "Responsable"),
        "retry": Text("Retry", "Nouvel envoi"),
        "suppress": Text("Suppress", "Exclure l'adresse"),
        "next_step": Text("Next step", "À faire"),
    }
)
"""The fields of a class that give advice, with their labels, in reading order."""


@dataclass(frozen=True, slots=True)
class BounceClass:
    """A class of bounces and delays.

    Attributes
    ----------
    id : str
    title, owner, retry, suppress, next_step : Text
        What happened; who acts; whether to send again; whether to suppress the address; what to do.
    codes : tuple of str
        Enhanced codes of exactly this class (RFC 3463); an ``x`` is a 4 or a 5.
    subjects : tuple of str
        Subjects (the second number) of the other codes of this class.
    reasons : tuple of str
        Reasons of this class, as the canonical events name them.
    """

    id: str
    title: Text
    owner: Text
    retry: Text
    suppress: Text
    next_step: Text
    codes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


UNCLASSIFIED: Final = "unclassified"
"""The class of what no code and no reason explains."""

_CLASSES: Final = (
    BounceClass(
        id="address",
        title=Text("Address does not exist", "Adresse inexistante"),
        owner=_LIST_OWNER,
        retry=_NO,
        suppress=_YES,
        next_step=Text(
            "Take it off the list; find where it was collected.",
            "Retirez-la de la liste ; cherchez où elle a été collectée.",
        ),
        codes=("x.1.1", "x.1.3", "x.1.6", "5.2.1"),
        subjects=("1",),
        reasons=("Invalid-Recipient", "Generic-Bounce-No-RCPT"),
    ),
    BounceClass(
        id="domain",
        title=Text("Domain takes no mail", "Domaine sans messagerie"),
        owner=_LIST_OWNER,
        retry=Text("later, once", "plus tard, une fois"),
        suppress=Text("yes, if it stays so", "oui, si cela dure"),
        next_step=Text(
            "Check the spelling (gmial.com); suppress after 3 runs.",
            "Vérifiez l'orthographe (gmial.com) ; excluez l'adresse après 3 exécutions.",
        ),
        codes=("x.1.2", "x.1.10", "x.4.4"),
        reasons=("DNS-Failure", "Relaying-Denied"),
    ),
    BounceClass(
        id="mailbox",
        title=Text("Mailbox full or closed", "Boîte pleine ou fermée"),
        owner=_NO_ONE,
        retry=_YES,
        suppress=Text("after 5 bounces", "après 5 rebonds"),
        next_step=Text("Let the retries run.", "Laissez les reprises se faire."),
        codes=("x.2.2", "x.2.4"),
        subjects=("2",),
        reasons=("Mailbox-Full",),
    ),
    BounceClass(
        id="technical",
        title=Text("Their server or the network", "Serveur ou réseau"),
        owner=_MAIL_TEAM,
        retry=_YES,
        suppress=_NO,
        next_step=Text(
            "Compare providers: is it one or all?",
            "Comparez les fournisseurs : un seul ou tous ?",
        ),
        codes=("x.4.1", "x.4.7"),
        subjects=("3", "4", "5"),
        reasons=("Timeout", "Transient-Failure", "Admin-Failure", "Soft-Bounce"),
    ),
    BounceClass(
        id="volume",
        title=Text("Too fast", "Trop rapide"),
        owner=_MAIL_TEAM,
        retry=Text("slower", "plus lentement"),
        suppress=_NO,
        next_step=Text(
            "Lower the rate for this provider.", "Réduisez le débit vers ce fournisseur."
        ),
        codes=("x.7.28", "4.2.1", "x.5.3", "x.4.5"),
    ),
    BounceClass(
        id="authentication",
        title=Text("Sender not proved", "Expéditeur non authentifié"),
        owner=Text("DNS owner", "responsable du DNS"),
        retry=_NO,
        suppress=_NO,
        next_step=Text(
            "Check SPF, DKIM and DMARC of the sending domain.",
            "Vérifiez SPF, DKIM et DMARC du domaine d'envoi.",
        ),
        codes=(*(f"x.7.{detail}" for detail in range(20, 28)), "x.7.8", "5.7.515"),
    ),
    BounceClass(
        id="reputation",
        title=Text("Sender refused", "Expéditeur refusé"),
        owner=_MAIL_TEAM,
        retry=Text("later", "plus tard"),
        suppress=_NO,
        next_step=Text(
            "Pause this provider; check blocklists and postmaster pages.",
            "Suspendez ce fournisseur ; consultez listes de blocage et pages postmaster.",
        ),
        subjects=("7",),
        reasons=("Mail-Block", "Spam-Block"),
    ),
    BounceClass(
        id="content",
        title=Text("Content refused", "Contenu refusé"),
        owner=Text("creative team", "équipe de création"),
        retry=_NO,
        suppress=_NO,
        next_step=Text(
            "Check links, size and attachment.", "Vérifiez liens, taille et pièce jointe."
        ),
        codes=("x.2.3", "x.3.4"),
        subjects=("6",),
        reasons=("Spam-Content", "Prohibited-Attachment", "Too-Large"),
    ),
    BounceClass(
        id="reply",
        title=Text("An answer, no failure", "Réponse automatique"),
        owner=_NO_ONE,
        retry=NO_TEXT,
        suppress=_NO,
        next_step=NO_TEXT,
        reasons=("Auto-Reply", "Challenge-Response"),
    ),
    BounceClass(
        id=UNCLASSIFIED,
        title=Text("Not explained", "Non expliqué"),
        owner=NO_TEXT,
        retry=NO_TEXT,
        suppress=NO_TEXT,
        next_step=Text(
            "Read the reason and the code, which are shown as they are.",
            "Lisez la cause et le code, affichés tels quels.",
        ),
    ),
)

BOUNCE_CLASSES: Final[Mapping[str, BounceClass]] = MappingProxyType({c.id: c for c in _CLASSES})
"""All classes by id, in the order in which they are listed everywhere."""
BLOCKS: Final = frozenset({"reputation", "authentication", "volume", "content"})
"""Classes in which a provider refuses the sender or the message, not the recipient."""

_BY_CODE: Final = {
    code.replace("x", digit): c.id
    for c in _CLASSES
    for code in c.codes
    for digit in (("4", "5") if code[0] == "x" else ("",))
}
_BY_SUBJECT: Final = {subject: c.id for c in _CLASSES for subject in c.subjects}
_BY_REASON: Final = {reason: c.id for c in _CLASSES for reason in c.reasons}

_FAILURE: Final = re.compile(r"[45]\.([0-9]{1,3})\.[0-9]{1,3}")
_CODE_INSIDE: Final = re.compile(
    r"(?:^|[^0-9.])([45]\.[0-9]{1,3}\.[0-9]{1,3})(?:$|[^0-9.]|\.(?:$|[^0-9]))"
)
"""A code in a text; an Internet address is not one."""


@lru_cache(maxsize=4096)
def explain(reason: str | None, status_code: str | None) -> str:
    """Return the id of the class of a bounce or a delay.

    The first that is known decides: the exact code, the reason, the subject of the code, the first
    enhanced code inside the reason (exactly, then its subject); else :data:`UNCLASSIFIED`.

    Only codes 4.x.x and 5.x.x explain anything: 2.x.x is a success, which is no cause of a
    failure, and a reply of three digits (``550``) has no subject.

    Parameters
    ----------
    reason : str, optional
        As the event has it: the catalogue's reasons are known in this spelling only.
    status_code : str, optional
        An enhanced code (``5.1.1``) or three digits.
    """
    code = (status_code or "").strip()
    class_id = _BY_CODE.get(code) or _BY_REASON.get(reason or "") or _of_subject(code)
    if class_id is None and (inside := _CODE_INSIDE.search(reason or "")):
        code = inside[1]
        class_id = _BY_CODE.get(code) or _of_subject(code)
    return class_id or UNCLASSIFIED


def _of_subject(code: str) -> str | None:
    match = _FAILURE.fullmatch(code)
    return _BY_SUBJECT.get(match[1]) if match else None
