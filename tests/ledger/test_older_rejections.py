"""The migration that gives older rejections their cause."""

from importlib import import_module

import pytest
from django.apps import apps

from devops_sync.models import Cause, Entry
from tests import builders

pytestmark = pytest.mark.django_db
sort = import_module("devops_sync.migrations.0011_sort_older_rejections")


def test_each_rejection_without_a_cause_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    site = builders.site()
    monkeypatch.setattr(sort, "_SLICE", 2)
    for number in range(5):
        builders.entry(site, outcome="rejected", errors=[{"message": f"Issue SHOP-{number} is unknown"}])
    silent = builders.entry(site, outcome="rejected", errors=[{"trace_id": "x"}])
    builders.entry(site, outcome="accepted")
    sort.fill(apps, None)
    assert Entry.objects.filter(cause__text="Issue {key} is unknown").count() == 5
    silent.refresh_from_db()
    assert str(silent.cause) == "Jira gave no reason."
    assert Cause.objects.count() == 2
