"""`/metrics`: the figures of the ledger and of this process, for Prometheus.

They name sites and say how much is delivered, so not everybody may read them. A scraper has no session: it sends
`WAYBILL_METRICS_TOKEN` as a bearer token. While that is not set, only programs on the same machine are answered.
Behind a proxy everybody seems to be on the same machine, so each sign of a proxy closes that door.
"""

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from .figures import Figures
from .machine import Refuse, machine

_SET_BY_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
_OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")

_registry = CollectorRegistry()
_registry.register(Figures())
ProcessCollector(registry=_registry)
GCCollector(registry=_registry)


@machine
def metrics(request: HttpRequest) -> HttpResponse:
    """Every figure in Prometheus' text format, or as OpenMetrics for those who ask for it."""
    if not _may_read(request):
        raise Refuse(401, "Unauthorized")
    if request.method not in ("GET", "HEAD"):
        raise Refuse(405, "This path takes GET only.")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    answer = HttpResponse(encode(_registry), content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_read(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if not token:
        return _is_from_here(request)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(bearer.strip().encode(), token.encode())


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks this process itself, and no proxy stands in between."""
    if settings.ENVIRONMENT.https or any(name in request.headers for name in _SET_BY_PROXIES):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    # A proxy passes the name on that its clients know it by.
    return peer.is_loopback and request.get_host().rsplit(":", 1)[0] in _OWN_NAMES
