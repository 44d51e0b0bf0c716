"""Where requests may go: https to public addresses, checked on the address that is connected to.

A name can be pointed at a private address after it was looked at, so the check sits where the socket is
opened and the address that passed is the one that is used.
"""

import ipaddress
import re
import socket
from typing import Any, ClassVar
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from .deadline import WatchedHTTP, WatchedHTTPS

# What ends the part of an address that names the host.
_AUTHORITY_ENDS = re.compile(r"[/?#]")
_NOBODY = "The address must not contain a user name or a password."
_MEND = "set WAYBILL_ALLOW_PRIVATE_UPSTREAM=1 for proxies and test stands"


class NotAllowed(Exception):
    """The address is one that this installation does not send to; the text says which and why."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise `NotAllowed` for an address that can be told from its text alone to be out of bounds."""
    if "@" in _AUTHORITY_ENDS.split(url.partition("://")[2] or url, maxsplit=1)[0]:
        # First of all, since what is said of other addresses quotes them.
        raise NotAllowed(_NOBODY)
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname and parts.hostname.encode("idna")) and (parts.port or 1) > 0
    except (ValueError, UnicodeError):
        sound = False
    if sound and parts.username is not None:
        raise NotAllowed(_NOBODY)
    if not sound or parts.scheme not in ("http", "https"):
        raise NotAllowed(f"{url[:200]} is no web address.")
    if allow_private:
        return
    if parts.scheme != "https":
        raise NotAllowed(f"{url} is not https, and only https is allowed; {_MEND}.")
    try:
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return
    _check_address(str(literal), parts.hostname or "")


# Special-purpose networks that older Pythons count as global, and translations into the private IPv4 network.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "5f00::/16", "64:ff9b:1::/48", "::/96", "2001::/23")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _check_address(address: str, host: str) -> None:
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = _inner(found)
    if not found.is_global or found.is_multicast or any(found in network for network in _NOT_PUBLIC):
        raise NotAllowed(f"{host} leads to {found}, which is not a public address; {_MEND}.")


class _PublicConnection(WatchedHTTPS):
    """A TLS connection that is opened to public addresses only."""

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        for *_, place in found:
            _check_address(str(place[0]), self.host)
        failure: OSError | None = None
        for family, kind, protocol, _, place in found:
            opened = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    opened.setsockopt(*option)
                opened.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)
                opened.connect(place)
                return opened
            except OSError as error:
                opened.close()
                failure = error
        raise NewConnectionError(self, f"Failed to establish a new connection: {failure}")


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _AnyHTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTP


class _AnyHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPS


class PublicAdapter(HTTPAdapter):
    """Sends https requests to public addresses only. Raises `NotAllowed` before a byte leaves."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"https": _PublicPool}

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self.pools


class AnyAdapter(PublicAdapter):
    """Sends requests to any address, by http too."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _AnyHTTPPool, "https": _AnyHTTPSPool}
