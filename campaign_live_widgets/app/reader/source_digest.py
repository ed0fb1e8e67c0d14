"""A digest of the address of a source: pages and the reader compare it instead of the address."""

from __future__ import annotations

from hashlib import sha256

from campaign_live_widgets.sources.address import parse_address


def source_digest(source: str) -> str:
    """Return the digest of an address; raise :class:`SourceError` if the address is invalid.

    It is the same in every working directory.
    """
    address = parse_address(source).absolute
    return sha256(address.encode(errors="surrogatepass")).hexdigest()
