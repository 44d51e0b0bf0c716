"""The addresses of the pages. Each thing has one."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from .views import (
    delivery,
    delivery_list,
    deployment,
    deployment_list,
    lane,
    login,
    overview,
    submission,
    submission_list,
)


class Id(IntConverter):
    """A row's number, as large as the database can hold."""

    regex = "[0-9]{1,18}"


register_converter(Id, "id")

urlpatterns = [
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("", overview.overview, name="overview"),
    path("deployments/", deployment_list.deployment_list, name="deployment-list"),
    path("deployments/<id:pk>/", deployment.deployment, name="deployment"),
    path("deployments/<id:pk>/read-back", deployment.read_back, name="deployment-read-back"),
    path("submissions/", submission_list.submission_list, name="submission-list"),
    path("submissions/<uuid:pk>/", submission.submission, name="submission"),
    path("submissions/<uuid:pk>/bytes", submission.submission_bytes, name="submission-bytes"),
    path("deliveries/", delivery_list.delivery_list, name="delivery-list"),
    path("deliveries/<id:pk>/", delivery.delivery, name="delivery"),
    path("deliveries/<id:pk>/request", delivery.delivery_request, name="delivery-request"),
    path("deliveries/<id:pk>/answer", delivery.delivery_answer, name="delivery-answer"),
    path("lanes/<id:pk>/try-now", lane.try_now, name="lane-try-now"),
]
