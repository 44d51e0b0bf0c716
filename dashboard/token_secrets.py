"""The page that shows the secrets of a token, once: after it was made, and after it got new ones."""

from django.http import HttpRequest, HttpResponse

from devops_sync.models import Token

from . import live


def page(request: HttpRequest, token: Token, secret: str, bearer: str) -> HttpResponse:
    """It is kept nowhere: not in the session, not by the browser."""
    context = {
        "one": token,
        "secret": secret,
        "bearer": bearer,
        "host": request.build_absolute_uri("/").rstrip("/"),
        "is_rotated": token.generation > 1,
    }
    answer = live.page(request, "token_shown.html", context, [], every=None)
    answer["Cache-Control"] = "no-store"
    return answer
