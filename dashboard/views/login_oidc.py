"""Signing in through the OpenID provider: there, and back."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from devops_sync.people import admitting, openid, signing_in

from .. import sign_in
from ..methods import require_GET


@login_not_required
@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    if not openid.host():
        raise Http404
    if request.user.is_authenticated:
        return redirect(sign_in.wanted(request))
    try:
        return openid.start(request, sign_in.wanted(request))
    except admitting.Refused as refused:
        return sign_in.page(request, problem=str(refused), status=502)


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take what the provider answered."""
    if not openid.host():
        raise Http404
    if request.user.is_authenticated:
        return redirect(sign_in.wanted(request))
    name = ""
    try:
        proved = openid.complete(request)
        name = proved.user.get_username() if proved.user else ""
        user = admitting.admit(proved)
    except admitting.Refused as refused:
        if refused.was_asked:
            signing_in.note_refused(request, name, "refused after the provider's answer")
        return sign_in.page(request, problem=str(refused), status=403)
    signing_in.enter(request, user, "provider")
    return redirect(proved.next or "overview")
