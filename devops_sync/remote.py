"""Where requests come from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The address that a request comes from; None where it is none.

    The proxy that `WAYBILL_HTTPS` speaks of adds it as the last of X-Forwarded-For: what stands before that, the
    client may have written itself.
    """
    said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    try:
        found = ipaddress.ip_address(_without_port(said or request.META.get("REMOTE_ADDR", "")).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def network_of(request: HttpRequest) -> str | None:
    """The address as limits count it: of IPv6 the /64 network, all of which one household may use."""
    address = address_of(request)
    if address is None or ":" not in address:
        return address
    return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)


def _without_port(text: str) -> str:
    """Some proxies put the client's port behind its address. Taken for none, all clients would be one."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
