"""The pages. They read through the querysets of `devops_sync.models` and ask `devops_sync.ledger`."""

from django.apps import AppConfig


class Dashboard(AppConfig):
    name = "dashboard"
