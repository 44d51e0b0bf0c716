"""Where requests may go: https to public addresses, checked on the address that is connected to.

A name can be pointed at a private address after it was looked at, so the check sits where the socket is
opened and the address that passed is the one that is used.
"""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError


class NotAllowed(Exception):
    """The address is one that this installation does not send to; the text says which and why."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise `NotAllowed` for an address that can be told from its text alone to be out of bounds."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise NotAllowed("The address must not contain a user name or a password.")
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise NotAllowed(f"{url} is no web address.")
    if allow_private:
        return
    if parts.scheme != "https":
        raise NotAllowed(f"{url} is not https, and only https is allowed (WAYBILL_ALLOW_PRIVATE_UPSTREAM).")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    _check_address(str(literal), parts.hostname)


def _check_address(address: str, host: str) -> None:
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            found = inner
    if not found.is_global or found.is_multicast:
        raise NotAllowed(f"{host} leads to {found}, which is not a public address (WAYBILL_ALLOW_PRIVATE_UPSTREAM).")


class _PublicConnection(HTTPSConnection):
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


class PublicAdapter(HTTPAdapter):
    """Sends https requests to public addresses only. Raises `NotAllowed` before a byte leaves."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}
