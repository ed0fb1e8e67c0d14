"""The certificates with which SNS signs: fetched or in a folder, checked, kept for a while."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from tornado.httpclient import HTTPError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.errors import SOON, RefusedError, busy, unproven

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT: Final = 16
"""Certificates that are kept; each region of SNS has one at a time."""
_FETCHES: Final = 4
"""Fetches at once; what more is asked for is told to come again."""
_LARGEST: Final = 1 << 16
_TIMEOUT: Final = 5.0
_HOST: Final = r"https://(sns\.([a-z0-9-]{1,40})\.amazonaws\.com(?:\.cn)?)"
_CERTIFICATE: Final = re.compile(_HOST + r"/(SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem)")
_SUBSCRIBE: Final = re.compile(
    _HOST + r"/\?Action=ConfirmSubscription&[\w.:=&%~-]{1,2000}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address of SNS that has passed the rule for hosts."""

    url: str
    host: str
    name: str
    """The last part of its path."""


def certificate_place(url: str, region: str) -> Place:
    """Return where a certificate is, or raise where that is no place of SNS in *region*."""
    found = _CERTIFICATE.fullmatch(url)
    if found is None or found[2] != region:
        raise unproven("SigningCertURL is no address of SNS in the region of the topic")
    return Place(url, found[1], found[3])


def subscribe_place(url: str, region: str) -> Place:
    """Return where a subscription is confirmed, or raise in the same way."""
    found = _SUBSCRIBE.fullmatch(url)
    if found is None or found[2] != region:
        raise unproven("SubscribeURL is no address of SNS in the region of the topic")
    return Place(url, found[1], "")


class Certificates:
    """Public keys of SNS by address.

    A certificate that is fetched comes from SNS's own host, over TLS that is proven by a trusted
    root; it has to be valid now and to be SNS's. That is the rule of Amazon's own SDK ("SNS
    message manager" of the AWS SDK for Java 2): what SNS hands out is the certificate alone,
    without those that lead to a root. One from a folder has nobody to vouch for it: its chain
    must lead to a trusted root, so that the file also holds those between.

    Parameters
    ----------
    folder : path, optional
        Where certificates are, each under the last part of its address; nothing is fetched then.
    roots : path, optional
        Trusted roots (PEM) in place of the usual ones.
    connect_to : (str, int), optional
        Where connections to SNS's hosts go: a gateway. Whose host it is has still to be proven.
    clock : callable
    """

    def __init__(
        self,
        *,
        folder: Path | None,
        roots: Path | None,
        connect_to: tuple[str, int] | None,
        clock: Callable[[], float],
    ) -> None:
        self._folder, self._clock = folder, clock
        self._roots = _roots(roots) if folder is not None or roots is not None else []
        self._tls = ssl.create_default_context(cafile=str(roots) if roots else None)
        self._connect_to = connect_to
        self._kept: OrderedDict[str, tuple[RSAPublicKey, float]] = OrderedDict()
        self._coming: dict[str, asyncio.Future[RSAPublicKey]] = {}

    async def key(self, place: Place) -> RSAPublicKey:
        """Return the public key at an address.

        Raises
        ------
        RefusedError
            Where it is none of SNS's, or cannot be had now.
        """
        kept = self._kept.get(place.url)
        if kept is not None and kept[1] > self._clock():
            self._kept.move_to_end(place.url)
            return kept[0]
        coming = self._coming.get(place.url)
        if coming is None:
            if len(self._coming) >= _FETCHES:
                raise busy("too many certificates of SNS are being fetched; try again")
            coming = asyncio.ensure_future(self._got(place))
            self._coming[place.url] = coming
            coming.add_done_callback(lambda _: self._coming.pop(place.url, None))
        return await asyncio.shield(coming)

    async def confirm(self, place: Place) -> None:
        """Visit the address that confirms a subscription, or raise."""
        await self._fetched(place, "the subscription cannot be confirmed now")

    async def _got(self, place: Place) -> RSAPublicKey:
        names = (place.host, re.sub(r"^sns\.[^.]+", "sns", place.host))
        if self._folder is not None:
            found, others = self._of_folder(place)
            self._require_chain(found, others, names)
        else:
            content = await self._fetched(place, "the certificate of SNS cannot be fetched now")
            found = _certificates(content)[0]
            if not set(names) & set(_names(found)):
                raise unproven("the certificate is not SNS's")
        now = datetime.fromtimestamp(self._clock(), UTC)
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise unproven("the certificate of SNS is not valid now")
        key = found.public_key()
        if not isinstance(key, RSAPublicKey):
            raise unproven("the certificate of SNS has no RSA key")
        self._kept[place.url] = key, found.not_valid_after_utc.timestamp()
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return key

    def _of_folder(self, place: Place) -> tuple[x509.Certificate, list[x509.Certificate]]:
        assert self._folder is not None  # noqa: S101 - for the type checker
        try:
            content = (self._folder / place.name).read_bytes()
        except OSError:
            line = "the certificate is not in the folder of certificates"
            raise RefusedError(503, "certificate", line, SOON) from None
        first, *others = _certificates(content)
        return first, others

    def _require_chain(
        self, found: x509.Certificate, others: list[x509.Certificate], names: tuple[str, ...]
    ) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        policy = PolicyBuilder().store(Store(self._roots)).time(now)
        for name in names:
            try:
                policy.build_server_verifier(x509.DNSName(name)).verify(found, others)
            except VerificationError:
                continue
            return
        raise unproven("the certificate is not SNS's, not valid now, or leads to no trusted root")

    def _mapping(self, place: Place) -> dict[Any, Any]:
        return {(place.host, 443): self._connect_to} if self._connect_to else {}

    async def _fetched(self, place: Place, otherwise: str) -> bytes:
        client = SimpleAsyncHTTPClient(
            force_instance=True, max_body_size=_LARGEST, hostname_mapping=self._mapping(place)
        )
        try:
            answer = await client.fetch(
                place.url,
                ssl_options=self._tls,
                follow_redirects=False,
                connect_timeout=_TIMEOUT,
                request_timeout=_TIMEOUT,
            )
        except (HTTPError, OSError, ValueError):
            raise RefusedError(503, "certificate", otherwise, SOON) from None
        finally:
            client.close()
        return bytes(answer.body)


def _certificates(content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise unproven("what stands at SigningCertURL is no certificate") from None


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _roots(path: Path | None) -> list[x509.Certificate]:
    try:
        content = Path(path or certifi.where()).read_bytes()
        return x509.load_pem_x509_certificates(content)
    except (OSError, ValueError):
        message = f"--sns-roots {path}: is no file of certificates (PEM)"
        raise UsageError(message) from None
