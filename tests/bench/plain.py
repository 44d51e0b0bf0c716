"""The plain Django view that intake is compared with: one request, one row, no middleware."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="of the bench alone, it protects nothing",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DATABASE"],
            "USER": os.environ["BENCH_USER"],
            "HOST": os.environ["BENCH_HOST"],
            "CONN_MAX_AGE": 600,
        }
    },
)
django.setup()


class Row(models.Model):
    """One deployment as bytes."""

    body = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"
        db_table = "bench_plain"

    def __str__(self) -> str:
        return str(self.pk)


def insert(request: HttpRequest) -> HttpResponse:
    """Insert one row and say so."""
    Row.objects.create(body=request.body)
    return HttpResponse(b"{}", status=202, content_type="application/json")


urlpatterns = [path("insert", insert)]
application = WSGIHandler()
