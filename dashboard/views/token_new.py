"""`/tokens/new/`: credentials for a sender. The answer to the form shows them, and nothing else ever does."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from devops_sync import roles, tokens
from devops_sync.wrong import Wrong

from .. import frame, live, token_secrets
from ..doors import readers_only
from ..methods import require_GET_or_POST
from ..token_form import Form


@require_GET_or_POST
@readers_only
def token_new(request: HttpRequest) -> HttpResponse:
    sites = list(roles.sites(request.user, "tokens").connected().order_by("slug"))
    if not roles.may(request.user, "tokens"):
        raise PermissionDenied("Making tokens is for admins.")
    if request.method != "POST":
        slug = request.GET.get("site", "")
        return _page(request, Form(sites, next((site for site in sites if site.slug == slug), None)))
    form, now = Form.read(request.POST, sites), frame.of(request).now
    try:
        if form.site is None:
            raise Wrong("Choose a site.", "site")
        made, secret, bearer = tokens.create(
            form.given["name"], form.site, form.scopes, now, form.expires_at(now), form.rate_limit()
        )
    except Wrong as wrong:
        form.about, form.problem = wrong.about, str(wrong)
        return _page(request, form, 400)
    return token_secrets.page(request, made, secret, bearer)


def _page(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    return live.page(request, "token_new.html", {"form": form, **form.fields}, [], every=None, status=status)
