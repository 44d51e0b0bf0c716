"""What is read back by itself: one in so many, and what is new in production, but never so much that it is a burden."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import delivery, ledger
from devops_sync.delivery import sampling
from devops_sync.models import Confirmation, Entry, Lane, Site
from tests import builders
from tests.delivery.conftest import Submit, deliver
from tests.payloads import deployment, issues

PRODUCTION = {"id": "production", "displayName": "Production", "type": "production"}
RARELY = 30_000


def one_in(site: Site, many: int) -> None:
    Site.objects.filter(pk=site.pk).update(sample_one_in=many)


def asked() -> int:
    return Confirmation.objects.count()


def accepted(site: Site, many: int = 1, **more: object) -> list[Entry]:
    return [builders.entry(site, builders.payload("web", "dev", number, 1), **more) for number in range(1, many + 1)]


def test_what_is_drawn_is_read_some_seconds_later(site: Site, lane: Lane, submit: Submit) -> None:
    one_in(site, 1)
    submit(deployment(1), deployment(2))
    deliver(lane)
    assert {(one.user, one.errand) for one in Confirmation.objects.all()} == {(None, None)}
    assert asked() == 2
    assert delivery.read_due() == 0
    Confirmation.objects.update(due_at=timezone.now())
    assert delivery.read_due() == 2
    assert set(Entry.objects.values_list("read_back", flat=True)) == {"confirmed"}


def test_about_one_in_so_many_is_drawn(site: Site) -> None:
    one_in(site, 4)
    (entry,) = accepted(site)
    copies = [Entry(pk=entry.pk, site_id=site.pk, kind="deployment", payload="{}") for _ in range(4000)]
    sampling._draw.seed(7)
    drawn = []
    with CaptureQueriesContext(connection) as queries:
        for copy in copies:
            sampling.ask(site.pk, [copy], timezone.now())
    drawn = [query for query in queries.captured_queries if "INSERT INTO confirmation" in query["sql"]]
    assert 900 < len(drawn) < 1100


def test_a_setting_of_none_reads_nothing(site: Site, lane: Lane, submit: Submit) -> None:
    submit(deployment(environment=PRODUCTION))
    deliver(lane)
    assert asked() == 0


def test_a_new_deployment_to_production_is_always_read(site: Site, lane: Lane, submit: Submit) -> None:
    one_in(site, RARELY)
    submit(deployment(1), deployment(2, environment=PRODUCTION), deployment(3, label="production"))
    deliver(lane)
    assert [one.entry.key for one in Confirmation.objects.all()] == ['["checkout-api","production",2]']


def test_what_jira_rejected_is_not_read(site: Site, lane: Lane, submit: Submit) -> None:
    one_in(site, 1)
    submit(deployment(environment=PRODUCTION, associations=issues("NOPE-1")))
    deliver(lane)
    assert asked() == 0


def test_history_sent_again_is_drawn_like_anything_else(site: Site) -> None:
    one_in(site, RARELY)
    content = builders.payload("web", "production", 1, 1)
    first = builders.entry(site, content)
    sampling.ask(site.pk, [builders.entry(site, content, origin=first)], timezone.now())
    assert asked() == 0


@pytest.mark.parametrize("was", ["missing", "different"])
def test_what_was_adrift_and_is_sent_again_is_always_read(was: str, site: Site) -> None:
    one_in(site, RARELY)
    content = builders.payload("web", "dev", 1, 1)
    first = builders.entry(site, content, read_back=was, read_back_at=timezone.now())
    sampling.ask(site.pk, [builders.entry(site, content, origin=first)], timezone.now())
    assert asked() == 1


def test_one_that_is_asked_for_already_is_not_asked_for_twice(site: Site) -> None:
    one_in(site, 1)
    (entry,) = accepted(site)
    ledger.ask_read_back(entry, builders.user("admin"), timezone.now())
    sampling.ask(site.pk, [entry], timezone.now())
    assert asked() == 1


def test_a_thousand_unanswered_ones_are_enough_for_a_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_UNANSWERED", 3)
    one_in(site, 1)
    entries = accepted(site, 5)
    # Those that persons or errands asked for, and those of other sites, do not count.
    builders.confirmation(entries[4], user=builders.user("admin"))
    builders.confirmation(accepted(builders.site("other"))[0])
    for entry in entries[:4]:
        sampling.ask(site.pk, [entry], timezone.now())
    assert Confirmation.objects.filter(entry__in=entries, user=None).count() == 3
    Confirmation.objects.filter(user=None).update(answered_at=timezone.now())
    sampling.ask(site.pk, [entries[3]], timezone.now())
    assert Confirmation.objects.filter(entry=entries[3]).exists()


def test_asking_for_a_batch_is_one_statement_beside_the_setting(site: Site) -> None:
    entries = accepted(site, 20)
    one_in(site, 1)
    with CaptureQueriesContext(connection) as queries:
        sampling.ask(site.pk, entries, timezone.now())
    assert (len(queries), asked()) == (2, 20)
    one_in(site, RARELY)
    with CaptureQueriesContext(connection) as queries:
        sampling.ask(site.pk, entries, timezone.now() + dt.timedelta(seconds=1))
    assert len(queries) == 1
