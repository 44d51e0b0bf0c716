"""The machine paths, in both of Jira's families."""

from django.urls import path, re_path

from . import deployments, edge

_BASES = (
    "jira/deployments/0.1/cloud/<str:cloud_id>",
    "s/<str:slug>/rest/deployments/0.1",
    "rest/deployments/0.1",
)
_ONE = "pipelines/<str:pipeline_id>/environments/<str:environment_id>/deployments/<str:number>"

urlpatterns = [
    path("healthz", edge.healthz, name="healthz"),
    path("readyz", edge.readyz, name="readyz"),
    path("oauth/token", edge.token, name="oauth-token"),
    path("_edge/tenant_info", edge.tenant_info, name="tenant-info"),
    path("s/<str:slug>/_edge/tenant_info", edge.tenant_info, name="tenant-info-of-site"),
    *[path(f"{base}/bulk", deployments.bulk) for base in _BASES],
    *[path(f"{base}/{_ONE}", deployments.one) for base in _BASES],
    re_path(r"^(?:jira|rest|s|oauth|_edge)(?:/|$)", edge.nowhere),
]
