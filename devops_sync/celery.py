"""The Celery application. A message is a doorbell: it names a lane and carries no work."""

import os

from celery import Celery

from . import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")

broker.install()
app = Celery("waybill")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["devops_sync"])
