"""The page before anything has arrived: a command that works when pasted."""

import datetime as dt
from typing import Any

from django.http import HttpRequest

from devops_sync import roles
from devops_sync.models import Site


def page(request: HttpRequest, sites: list[Site], now: dt.datetime) -> dict[str, Any]:
    """What the snippet needs: this server's address, the cloud id of a site, this moment."""
    site = next((site for site in sites if not site.is_removed), None)
    return {
        "is_empty": True,
        "first_site": site,
        "host": request.build_absolute_uri("/").rstrip("/"),
        # The full hour, so that what somebody is copying stays as it is while the page follows.
        "reported": now.strftime("%Y-%m-%dT%H:00:00Z"),
        "may_set_up": roles.may(request.user, "tokens", site),
    }
