"""`/sites/connect/`: connect a Jira site, once its credential has been tried."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import roles, sites
from devops_sync.models import Site

from .. import credential, frame, live
from ..doors import readers_only
from ..fields import Field
from ..methods import require_GET_or_POST

NAMES = ("slug", "url", "api_url", "auth", "client_id")


@sensitive_post_parameters("secret")
@require_GET_or_POST
@readers_only
def site_connect(request: HttpRequest) -> HttpResponse:
    if not roles.everywhere(request.user, "sites"):
        raise PermissionDenied("Connecting a site is for admins of all sites.")
    if request.method != "POST":
        return _form(request, dict.fromkeys(NAMES, ""))
    given = {name: request.POST.get(name, "").strip() for name in NAMES}
    try:
        made = sites.connect(
            given["slug"],
            _address(given["url"]),
            given["client_id"],
            request.POST.get("secret", "").strip(),
            frame.of(request).now,
            api_url=_address(given["api_url"]),
            auth=Site.Auth.CONNECT if given["auth"] == Site.Auth.CONNECT else Site.Auth.OAUTH,
            if_it_works=True,
        )
    except sites.Wrong as wrong:
        return _form(request, given, wrong)
    messages.info(request, f"{made.slug} is connected.")
    return redirect("site", made.slug)


def _address(given: str) -> str:
    """An address as people write it may lack its scheme."""
    return f"https://{given}" if given and "://" not in given else given


def _form(request: HttpRequest, given: dict[str, str], wrong: sites.Wrong | None = None) -> HttpResponse:
    about, problem = (wrong.about, str(wrong)) if wrong else ("", "")

    def field(name: str, label: str, hint: str, most: int, *, is_required: bool = True) -> Field:
        is_wrong = about == name
        has_focus = is_wrong or (name == "slug" and not about)
        return Field(
            name,
            label,
            hint,
            value=given[name],
            problem=problem if is_wrong else "",
            most=most,
            is_required=is_required,
            has_focus=has_focus,
        )

    slug_hint = "What the site is called here, such as retail: a to z, 0 to 9 and hyphens. It cannot be changed later."
    api_hint = "Only where requests have to go through a proxy in front of Jira. The credential is sent there, too."
    return live.page(
        request,
        "site_connect.html",
        {
            "slug": field("slug", "Short name", slug_hint, 60),
            "url": field("url", "Address of the Jira site", "Such as https://retail.atlassian.net.", 500),
            "credential": credential.fields(is_app=None, client_id=given["client_id"], about=about, problem=problem),
            "api_url": field("api_url", "API address", api_hint, 500, is_required=False),
            "is_app": given["auth"] == Site.Auth.CONNECT,
            "is_advanced": bool(given["api_url"]),
            "seconds": round(sites.PATIENCE_SECONDS),
            "problem": problem if not about else "",
        },
        [],
        every=None,
        status=400 if wrong else 200,
    )
