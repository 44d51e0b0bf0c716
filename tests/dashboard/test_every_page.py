"""What holds on every page, however much there is: it asks as many queries for many rows as for few, and a list of
fifty rows is no larger than 100 kB before it is compressed."""

import datetime as dt
import itertools
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.kinds import KINDS
from devops_sync.models import AuditRow, Cause, Cleanup, Deployment, Errand, Repository, Site
from tests import builders, pages

pytestmark = pytest.mark.django_db
LARGEST = 100_000
HOW = """
A page asks another number of queries than QUERIES says; what is shown first is what it asks now, of few rows and many.
One query more has to be worth it: find out which it is (CaptureQueriesContext, or django_assert_num_queries with -v),
whether it can go along with another, and only then change the number here, with the reason in the commit. One less:
write the lower number down, so that it stays. No second number may be higher than the first, save by 2 for COUNTING.
"""
LONG = "platform-of-the-shop.a-name-as-long-as-real-ones-are"
LISTS = {
    "issue-list": "/issues/",
    "deployment-list": "/deployments/",
    "build-list": "/builds/",
    "repository-list": "/repositories/",
    "commits": "/repositories/{repository}/?show=commits",
    "branches": "/repositories/{repository}/?show=branches",
    "pull-requests": "/repositories/{repository}/?show=pull_requests",
    "submission-list": "/submissions/",
    "delivery-list": "/deliveries/",
    "rejected-list": "/deliveries/rejected/?since=all",
    "rejected": "/deliveries/rejected/{cause}/?since=all",
    "drift": "/deliveries/drift/",
    "errand-list": "/errands/",
    "deletion-list": "/deletions/",
    "audit-list": "/audit/",
}
PAGES = LISTS | {
    "issue": "/issues/SHOP-7/",
    "overview": "/",
    "pipeline": "/pipelines/retail/{pipeline}/?span=quarter",
    "quiet-list": "/quiet/",
    "rejected-correct": "/deliveries/rejected/{cause}/correct?find=SHOP-&with=PAY-",
    "submission": "/submissions/{submission}/",
    "delivery": "/deliveries/{delivery}/",
    "errand": "/errands/{errand}/",
    "errand-plan": "/errands/plan/",
    "deletion-new": "/deletions/new/",
    "deletion-preview": "/deletions/{deletion}/preview/",
    "deletion-confirm": "/deletions/{deletion}/confirm/",
    "deletion-run": "/deletions/{deletion}/run/",
    "deletion-proof": "/deletions/{deletion}/proof/",
    "deletion-report-page": "/deletions/{sealed}/report/",
    "deletion-rules": "/deletions/rules/",
    "deletion-rule-new": "/deletions/rules/new/",
    "deletion-rule": "/deletions/rules/{rule}/",
    "audit": "/audit/{noted}/",
    "site-list": "/sites/",
    "site-connect": "/sites/connect/",
    "site": "/sites/retail/",
    "site-remove": "/sites/retail/remove/",
    "token-list": "/tokens/",
    "token-new": "/tokens/new/",
    "token": "/tokens/{token}/",
    "submit": "/submit/",
    "settings": "/settings/",
    "account": "/account/",
    "two-factor": "/account/two-factor/",
    "user-list": "/users/",
    "user-new": "/users/new/",
    "user": "/users/{person}/",
    "keys": "/keys/",
    **{kind.view: f"/{kind.folder}/{{{kind.name}}}/" for kind in KINDS.values()},
}
# These ask how many match once they are longer than a page: the planner first and, where it expects few, for a count.
COUNTING = {*LISTS, "repository"}
# How many queries each page asks: with few rows, with many. Whoever opens a page that shows bytes for the first time in
# an hour, as with few rows here, has that noted.
QUERIES: dict[str, tuple[int, int]] = {
    "issue-list": (9, 9),
    "deployment-list": (10, 12),
    "build-list": (10, 12),
    "repository-list": (10, 12),
    "commits": (19, 17),
    "branches": (15, 17),
    "pull-requests": (15, 17),
    "submission-list": (10, 12),
    "delivery-list": (14, 16),
    "rejected-list": (25, 25),
    "rejected": (22, 22),
    "drift": (13, 13),
    "errand-list": (8, 8),
    "deletion-list": (11, 13),
    "issue": (16, 16),
    "overview": (22, 22),
    "pipeline": (14, 14),
    "quiet-list": (9, 9),
    "rejected-correct": (13, 13),
    "submission": (16, 12),
    "delivery": (17, 13),
    "errand": (11, 11),
    "errand-plan": (6, 6),
    "deletion-new": (8, 8),
    "deletion-preview": (13, 13),
    "deletion-confirm": (7, 7),
    "deletion-run": (11, 11),
    "deletion-proof": (9, 9),
    "deletion-report-page": (8, 8),
    "deletion-rules": (9, 9),
    "deletion-rule-new": (7, 7),
    "deletion-rule": (8, 8),
    "audit-list": (16, 18),
    "audit": (11, 11),
    "site-list": (9, 9),
    "site-connect": (6, 6),
    "site": (16, 16),
    "site-remove": (16, 16),
    "token-list": (8, 8),
    "token-new": (7, 7),
    "token": (8, 8),
    "submit": (7, 7),
    "settings": (4, 4),
    "account": (10, 10),
    "two-factor": (7, 7),
    "user-list": (8, 8),
    "user-new": (6, 6),
    "user": (10, 10),
    "keys": (4, 4),
    "deployment": (26, 22),
    "build": (24, 20),
    "repository": (15, 17),
    "commit": (23, 19),
    "branch": (24, 20),
    "pull-request": (23, 19),
}
_numbers = itertools.count(1)


def fill(site: Site, many: int) -> None:
    """So much more of everything, all of it of one issue."""
    cause, _ = Cause.objects.get_or_create(text="No valid associations of '{value}'")
    keys = ["SHOP-7", "SHOP-12345", "PAY-882"]
    for number in range(many):
        at = timezone.now() - dt.timedelta(minutes=number)
        more = {"issueKeys": keys, "at": at, "properties": {"team": "checkout"}}
        name = f"{LONG}-{next(_numbers)}"
        one = builders.deployment(site, LONG, "production", label=f"v4.18.{next(_numbers)}", issues=keys, at=at)
        drifted = builders.deployment(
            site, LONG, "dev", at=at, entry_facts={"read_back": "missing", "read_back_at": at}
        )
        builders.confirmation(drifted.entry, "missing")
        said = {"errors": [{"message": "No valid associations of 'SHOP-7'", "trace_id": "4d3f"}], "cause": cause}
        builders.deployment(site, LONG, "staging", issues=keys, at=at, outcome="rejected", entry_facts=said)
        builders.build(site, pipelineId=LONG, references=[{"commit": {"id": "c1", "repositoryUri": "x"}}], **more)
        builders.commit(site, message=f"SHOP-7 Mend {LONG}", **more)
        builders.branch(site, name=f"feature/SHOP-7-{name}", **more)
        builders.pull_request(site, title=f"SHOP-7 Mend {LONG}", **more)
        builders.repository(site, name, at=at)
        builders.refused(site)
        builders.errand(one)
        builders.cleanup(site)


def versions(site: Site) -> dict[str, object]:
    """What stands in the addresses of the pages of one thing."""
    one = Deployment.objects.filter(environment_id="production").earliest("pk")
    found = {
        kind.name: kind.model._default_manager.filter(site=site).earliest("pk").pk
        for kind in KINDS.values()
        if kind.name != "deployment"
    }
    return {
        **found,
        "deployment": one.pk,
        "repository": Repository.objects.get(repository_id="r1").pk,
        "cause": Cause.objects.get().pk,
        "pipeline": LONG,
        "submission": one.entry.submission_id,
        "delivery": one.entry.delivery_id,
        "errand": Errand.objects.earliest("pk").pk,
        "deletion": Cleanup.objects.earliest("pk").pk,
        "person": builders.user("viewer").pk,
        "sealed": builders.sealed(builders.cleanup(site)).pk,
        "rule": builders.cleanup_rule(site).pk,
        "token": builders.token(site).pk,
        "noted": AuditRow.objects.filter(site_id=site.pk).latest("pk").pk,
    }


def asked_by(client: Client, address: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code in (200, 400), address
    return len(asked)


def test_every_page_is_among_them() -> None:
    assert pages.names() - set(PAGES) == {"login"}
    assert set(QUERIES) == set(PAGES)


def test_no_page_may_ask_more_for_many_rows_than_for_few() -> None:
    assert {name for name, (few, many) in QUERIES.items() if many > few + 2 * (name in COUNTING)} == set()


@pytest.mark.slow
def test_no_page_asks_more_for_many_rows_than_for_few_and_no_list_is_large(
    retail: Site, signed_in: Callable[..., Client]
) -> None:
    admin = signed_in("admin", everywhere=True)
    builders.repository(retail, "r1")
    fill(retail, 3)
    names = versions(retail)
    addresses = {name: address.format(**names) for name, address in PAGES.items()}
    few = {name: asked_by(admin, address) for name, address in addresses.items()}
    fill(retail, 60)
    asked = {name: (few[name], asked_by(admin, address)) for name, address in addresses.items()}
    assert {name: both for name, both in asked.items() if both != QUERIES.get(name)} == {}, HOW
    sizes = {name: len(admin.get(addresses[name]).content) for name in LISTS}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
