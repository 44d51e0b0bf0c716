"""The machine paths, in both of Jira's families."""

import re

from django.urls import path, re_path

from ..jira import paths
from ..kinds import APIS
from . import apis, bulk, description, edge, metrics

_SEGMENT = "[^/]+"


def _bases(api: str) -> tuple[str, ...]:
    """Where an API lies: on the gateway by cloud id, on a named site, and on that of the sender's token."""
    version, site_version = re.escape(paths.GATEWAY_VERSIONS[api]), re.escape(paths.SITE_VERSIONS[api])
    return (
        rf"^jira/{api}/{version}/cloud/(?P<cloud_id>{_SEGMENT})",
        rf"^s/(?P<slug>{_SEGMENT})/rest/{api}/{site_version}",
        rf"^rest/{api}/{site_version}",
    )


urlpatterns = [
    path("healthz", edge.healthz, name="healthz"),
    path("readyz", edge.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("openapi.json", description.machine_readable, name="openapi"),
    path("api/", description.readable, name="api"),
    path("oauth/token", edge.token, name="oauth-token"),
    path("_edge/tenant_info", edge.tenant_info, name="tenant-info"),
    path("s/<str:slug>/_edge/tenant_info", edge.tenant_info, name="tenant-info-of-site"),
    *[
        re_path(base + operation, view, {"api": api})
        for api in APIS
        for base in _bases(api)
        for operation, view in (
            ("/bulk$", bulk.bulk),
            ("/bulkByProperties$", apis.bulk_by_properties),
            ("/existsByProperties$", apis.exists_by_properties),
            *([(r"/(?P<rest>pipelines/(?s:.+))/gating-status$", apis.gating_status)] if api == "deployments" else []),
            (r"/(?P<rest>(?:pipelines|repository)/(?s:.+))$", apis.one),
            ("(?:/|$)", edge.nowhere),
        )
    ],
    re_path(r"^(?:jira|rest|s|oauth|_edge)(?:/|$)", edge.nowhere),
]
