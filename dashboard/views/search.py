"""`/search/`: where what somebody wrote into the search leads. It shows nothing itself."""

import re
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync.models import Build, Commit, Deployment

from .. import frame
from ..doors import readers_only
from ..filters import CurrentFilters
from ..methods import require_GET
from . import issue

HASH = re.compile(r"[0-9a-f]{7,64}")
NUMBER = re.compile(r"#[0-9]{1,18}")


@require_GET
@readers_only
def search(request: HttpRequest) -> HttpResponse:
    asked = CurrentFilters(request.GET, frame.of(request).sites)
    if asked.submission:
        return redirect("submission", asked.submission)
    if HASH.fullmatch(asked.q.lower()) and (commit := _commit(asked)):
        return redirect("commit", commit)
    view = "build-list" if NUMBER.fullmatch(asked.q) and _is_of_a_build(asked) else "deployment-list"
    query = {"site": asked.site.slug} if asked.site else {}
    if asked.is_issue_search:
        return redirect(issue.url_of(asked.q.upper()) + (f"?{urlencode(query)}" if query else ""))
    query |= {"q": asked.q} if asked.q else {}
    return redirect(f"{reverse(view)}?{urlencode(query)}" if query else reverse(view))


def _commit(asked: CurrentFilters) -> int | None:
    """The commit whose hash begins so; of several that have it the latest."""
    found = Commit.objects.of(asked.sites).filter(ident__startswith=asked.q.lower())
    return found.newest_first().values_list("pk", flat=True).first()


def _is_of_a_build(asked: CurrentFilters) -> bool:
    """Whether builds have this number and no deployment does."""
    number = int(asked.q[1:])
    if Deployment.objects.of(asked.sites).filter(number=number).exists():
        return False
    return Build.objects.of(asked.sites).filter(number=number).exists()
