"""Every address of Waybill: the gateway's machine paths, then the pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("devops_sync.gateway.urls")),
    path("", include("dashboard.urls")),
]

handler404 = "dashboard.doors.not_found"
