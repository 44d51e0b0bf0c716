"""The addresses of the pages. Each thing has one."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from .kinds import KINDS
from .views import (
    build_list,
    delivery,
    delivery_list,
    deployment_list,
    entity,
    gate,
    lane,
    login,
    overview,
    repository_list,
    search,
    submission,
    submission_list,
)


class Id(IntConverter):
    """A row's number, as large as the database can hold."""

    regex = "[0-9]{1,18}"


register_converter(Id, "id")

_of_each_kind = [
    address
    for kind in KINDS.values()
    for address in (
        path(f"{kind.folder}/<id:pk>/", entity.entity, {"kind": kind.name}, name=kind.view),
        path(f"{kind.folder}/<id:pk>/read-back", entity.read_back, {"kind": kind.name}, name=f"{kind.view}-read-back"),
    )
]
urlpatterns = [
    *_of_each_kind,
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("search/", search.search, name="search"),
    path("", overview.overview, name="overview"),
    path("deployments/", deployment_list.deployment_list, name="deployment-list"),
    path("builds/", build_list.build_list, name="build-list"),
    path("repositories/", repository_list.repository_list, name="repository-list"),
    path("deployments/<id:pk>/gate", gate.read_again, name="deployment-gate"),
    path("submissions/", submission_list.submission_list, name="submission-list"),
    path("submissions/<uuid:pk>/", submission.submission, name="submission"),
    path("submissions/<uuid:pk>/bytes", submission.submission_bytes, name="submission-bytes"),
    path("deliveries/", delivery_list.delivery_list, name="delivery-list"),
    path("deliveries/<id:pk>/", delivery.delivery, name="delivery"),
    path("deliveries/<id:pk>/request", delivery.delivery_request, name="delivery-request"),
    path("deliveries/<id:pk>/answer", delivery.delivery_answer, name="delivery-answer"),
    path("lanes/<id:pk>/try-now", lane.try_now, name="lane-try-now"),
]
