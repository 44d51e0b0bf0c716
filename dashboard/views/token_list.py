"""`/tokens/`: with what senders come in, on the sites where the person may look after it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from devops_sync import roles
from devops_sync.models import Token

from .. import frame, live
from ..doors import readers_only
from ..methods import require_GET

MOST = 500


@require_GET
@readers_only
def token_list(request: HttpRequest) -> HttpResponse:
    if not roles.may(request.user, "tokens"):
        raise PermissionDenied("Tokens are for admins.")
    around = frame.of(request)
    sites = roles.sites(request.user, "tokens")
    picked = [around.site] if around.site is not None else list(around.sites)
    found = Token.objects.filter(site__in=sites.filter(pk__in=[site.pk for site in picked]))
    tokens = list(found.select_related("site").order_by("site__slug", "name")[: MOST + 1])
    rows = [(token, f"token_{token.state(around.now)}") for token in tokens[:MOST]]
    over = ("token_revoked", "token_expired")
    return live.page(
        request,
        "token_list.html",
        {
            "living": [row for row in rows if row[1] not in over],
            "over": [row for row in rows if row[1] in over],
            "is_more": len(tokens) > MOST,
            "may_make": sites.connected().exists(),
        },
        [live.Part("living", "living"), live.Part("over", "over")],
        every=10,
    )
