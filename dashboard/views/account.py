"""`/account/`: one's own password, second factor and sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from devops_sync import audit
from devops_sync.people import giving, sessions, signing_in
from devops_sync.wrong import Wrong

from .. import account_page
from ..doors import person
from ..methods import require_GET, require_POST


@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return account_page.page(request)


@sensitive_post_parameters("current", "password", "again")
@never_cache
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Give oneself another password. All other sessions end with it."""
    user = person(request)
    try:
        account_page.confirm(request, user, "current")
        if request.POST.get("password") != request.POST.get("again"):
            raise Wrong("The two new passwords are not the same.", "again")
        giving.change_password(user, request.POST.get("password", ""))
    except Wrong as wrong:
        return account_page.page(request, wrong)
    # The row of this session went with those of the others; this browser stays signed in, under a new key.
    update_session_auth_hash(request, user)
    messages.info(request, "Your password is changed. You are signed out everywhere else.")
    return redirect("account")


@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session, or all but this."""
    user, named = person(request), request.POST.get("session", "")
    if named == sessions.name(request.session.session_key or ""):
        signing_in.leave(request)
        return redirect("login")
    ended = int(sessions.end(user, named)) if named else sessions.end_all(user, but=request.session.session_key)
    if ended:
        audit.note("session.ended", on=user, after={"by": "the person", "sessions": ended})
    messages.info(request, f"{ended} session{'' if ended == 1 else 's'} ended.")
    return redirect("account")
