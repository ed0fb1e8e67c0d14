"""The certificates with which SNS signs: downloaded or read from a folder, checked, cached."""

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
from campaign_live_widgets.webhooks.errors import (
    RETRY_SOON,
    RequestRejectedError,
    busy,
    unauthenticated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHE_SIZE: Final = 16
"""Cached certificates; each region of SNS has one at a time."""
_MAX_DOWNLOADS: Final = 4
"""Downloads at a time; requests above that get 503."""
_MAX_BYTES: Final = 1 << 16
_TIMEOUT: Final = 5.0
_HOST: Final = r"https://(sns\.([a-z0-9-]{1,40})\.amazonaws\.com(?:\.cn)?)"
_CERTIFICATE: Final = re.compile(_HOST + r"/(SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem)")
_SUBSCRIBE: Final = re.compile(
    _HOST + r"/\?Action=ConfirmSubscription&[\w.:=&%~-]{1,2000}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class SnsUrl:
    """A URL whose host is checked to be a host of SNS."""

    url: str
    host: str
    name: str
    """The last part of its path."""


def certificate_url(url: str, region: str) -> SnsUrl:
    """Return the URL of a certificate; raise if it is not a URL of SNS in *region*."""
    match = _CERTIFICATE.fullmatch(url)
    if match is None or match[2] != region:
        raise unauthenticated("SigningCertURL is not a URL of SNS in the region of the topic")
    return SnsUrl(url, match[1], match[3])


def subscribe_url(url: str, region: str) -> SnsUrl:
    """Return the URL that confirms a subscription; raise if it is not one of SNS in *region*."""
    match = _SUBSCRIBE.fullmatch(url)
    if match is None or match[2] != region:
        raise unauthenticated("SubscribeURL is not a URL of SNS in the region of the topic")
    return SnsUrl(url, match[1], "")


class Certificates:
    """Public keys of SNS by URL.

    A downloaded certificate comes from a host of SNS, over TLS with a trusted root; it has to be
    valid now and to name SNS. Amazon's own SDK has the same rule ("SNS message manager" of the
    AWS SDK for Java 2): SNS serves the certificate alone, without its chain to a root. A
    certificate from a folder has no such connection to trust: its chain must lead to a trusted
    root, so its file also contains the intermediate certificates.

    Parameters
    ----------
    folder : path, optional
        Folder with certificates, each named by the last part of its URL; nothing is downloaded.
    roots : path, optional
        Trusted roots (PEM) instead of the default ones.
    connect_to : (str, int), optional
        Gateway for connections to SNS. TLS certificates are still checked against the host names
        of SNS.
    clock : callable
        Returns the current time, in seconds since the epoch.
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
        self._roots = _load_roots(roots) if folder is not None or roots is not None else []
        self._tls = ssl.create_default_context(cafile=str(roots) if roots else None)
        self._connect_to = connect_to
        self._cache: OrderedDict[str, tuple[RSAPublicKey, float]] = OrderedDict()
        self._loading: dict[str, asyncio.Future[RSAPublicKey]] = {}

    async def key(self, url: SnsUrl) -> RSAPublicKey:
        """Return the public key of the certificate at a URL.

        Raises
        ------
        RequestRejectedError
            If it is not a certificate of SNS, or cannot be loaded now.
        """
        cached = self._cache.get(url.url)
        if cached is not None and cached[1] > self._clock():
            self._cache.move_to_end(url.url)
            return cached[0]
        loading = self._loading.get(url.url)
        if loading is None:
            if len(self._loading) >= _MAX_DOWNLOADS:
                raise busy("too many certificates of SNS are being downloaded; try again")
            loading = asyncio.ensure_future(self._load(url))
            self._loading[url.url] = loading
            loading.add_done_callback(lambda _: self._loading.pop(url.url, None))
        return await asyncio.shield(loading)

    async def confirm(self, url: SnsUrl) -> None:
        """Request the URL that confirms a subscription, or raise."""
        await self._download(url, "the subscription cannot be confirmed now")

    async def _load(self, url: SnsUrl) -> RSAPublicKey:
        names = (url.host, re.sub(r"^sns\.[^.]+", "sns", url.host))
        if self._folder is not None:
            certificate, chain = self._read(url)
            self._verify_chain(certificate, chain, names)
        else:
            content = await self._download(url, "the certificate of SNS cannot be downloaded now")
            certificate = _parse(content)[0]
            if not set(names) & set(_host_names(certificate)):
                raise unauthenticated("the certificate is not one of SNS")
        now = datetime.fromtimestamp(self._clock(), UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise unauthenticated("the certificate of SNS is not valid now")
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise unauthenticated("the certificate of SNS has no RSA key")
        self._cache[url.url] = key, certificate.not_valid_after_utc.timestamp()
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return key

    def _read(self, url: SnsUrl) -> tuple[x509.Certificate, list[x509.Certificate]]:
        assert self._folder is not None  # noqa: S101 - for the type checker
        try:
            content = (self._folder / url.name).read_bytes()
        except OSError:
            line = "the certificate is not in the folder of certificates"
            raise RequestRejectedError(503, "certificate", line, RETRY_SOON) from None
        certificate, *chain = _parse(content)
        return certificate, chain

    def _verify_chain(
        self,
        certificate: x509.Certificate,
        chain: list[x509.Certificate],
        names: tuple[str, ...],
    ) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        policy = PolicyBuilder().store(Store(self._roots)).time(now)
        for name in names:
            try:
                policy.build_server_verifier(x509.DNSName(name)).verify(certificate, chain)
            except VerificationError:
                continue
            return
        line = "the certificate is not one of SNS, not valid now, or has no trusted root"
        raise unauthenticated(line)

    async def _download(self, url: SnsUrl, failure: str) -> bytes:
        gateway: dict[Any, Any] = {(url.host, 443): self._connect_to} if self._connect_to else {}
        client = SimpleAsyncHTTPClient(
            force_instance=True, max_body_size=_MAX_BYTES, hostname_mapping=gateway
        )
        try:
            answer = await client.fetch(
                url.url,
                ssl_options=self._tls,
                follow_redirects=False,
                connect_timeout=_TIMEOUT,
                request_timeout=_TIMEOUT,
            )
        except (HTTPError, OSError, ValueError):
            raise RequestRejectedError(503, "certificate", failure, RETRY_SOON) from None
        finally:
            client.close()
        return bytes(answer.body)


def _parse(content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise unauthenticated("the content of SigningCertURL is not a certificate") from None


def _host_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _load_roots(path: Path | None) -> list[x509.Certificate]:
    try:
        content = Path(path or certifi.where()).read_bytes()
        return x509.load_pem_x509_certificates(content)
    except (OSError, ValueError):
        message = f"--sns-roots {path}: not a readable file of PEM certificates"
        raise UsageError(message) from None
