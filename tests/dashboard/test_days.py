"""Days that are counted are the reader's: they begin at midnight where they are, and may have 23 hours, or 25."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import chart, zone
from dashboard.rejections import show
from devops_sync import rejections
from devops_sync.models import Cause, Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db
KOLKATA, BERLIN = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")
TODAY = dt.date(2026, 3, 4)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=dt.UTC)


def test_a_deployment_counts_on_the_readers_day(retail: Site) -> None:
    for moment in (at(3, 18, 29), at(3, 18, 30), at(4, 3)):
        builders.deployment(retail, at=moment)
    for there, counted in ((KOLKATA, (1, 2)), (dt.UTC, (2, 1))):
        with timezone.override(there):
            drawn = chart.draw(Deployment.objects.per_day(chart.days(TODAY)), TODAY)
        assert tuple(bar.successful for bar in drawn.bars[-2:]) == counted


def test_the_day_on_which_clocks_are_changed_is_one_day(retail: Site) -> None:
    first, last = at(28, 23, month=3), at(29, 21, 59, month=3)
    for moment in (first - dt.timedelta(minutes=1), first, last, last + dt.timedelta(minutes=1)):
        builders.deployment(retail, at=moment)
    with timezone.override(BERLIN):
        days = chart.days(dt.date(2026, 3, 30))
        counts = {day: many for day, _, many in Deployment.objects.per_day(days)}
    assert [counts[dt.date(2026, 3, day)] for day in (28, 29, 30)] == [1, 2, 1]


def test_the_overview_draws_the_readers_days(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        viewer.cookies[zone.COOKIE] = name
        page = " ".join(viewer.get("/").content.decode().split())
        assert "1 successful" in page


def test_a_rejection_counts_on_the_readers_day(retail: Site) -> None:
    cause = Cause.objects.create(text="No.")
    for moment in (at(3, 18, 29), at(3, 18, 30)):
        builders.entry(retail, outcome="rejected", at=moment, outcome_at=moment, cause=cause)
    scope = rejections.Scope([retail.pk])
    for there, counted in ((KOLKATA, (1, 1)), (dt.UTC, (2, 0))):
        now = at(4, 3).astimezone(there)
        (group,) = rejections.groups(scope, now)
        assert tuple(group.per_day[TODAY - dt.timedelta(days=ago)] for ago in (1, 0)) == counted


def test_a_cause_is_new_on_the_readers_day(retail: Site) -> None:
    moment = at(3, 19)
    builders.deployment(
        retail,
        at=moment,
        outcome="rejected",
        entry_facts={"outcome_at": moment, "cause": Cause.objects.create(text="No.")},
    )
    scope = rejections.Scope([retail.pk])
    for there, is_new in ((KOLKATA, True), (dt.UTC, False)):
        now = at(4, 3).astimezone(there)
        (one,) = show(rejections.groups(scope, now), scope, now)
        assert one.is_new is is_new
