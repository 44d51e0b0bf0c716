"""Who manages people, and which site a role of theirs is for."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from devops_sync import roles
from devops_sync.models import Site
from devops_sync.wrong import Wrong

from . import frame


def refuse_others(request: HttpRequest) -> None:
    """People belong to no site, so that only admins of all sites manage them."""
    if not roles.everywhere(request.user, "users"):
        raise PermissionDenied("People and their roles are for admins of all sites.")


def site_of(request: HttpRequest) -> Site | None:
    """The site that was picked, None for all. Raises `Wrong` for one that is not there."""
    slug = request.POST.get("site", "")
    found = next((site for site in frame.of(request).sites if site.slug == slug), None)
    if slug and found is None:
        raise Wrong("There is no site of this name.", "role")
    return found
