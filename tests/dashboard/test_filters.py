"""What the filters find, list by list, and by which index."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import Client

from dashboard.filters import DeploymentFilters
from devops_sync.models import Build, Commit, Deployment, Site
from devops_sync.models.submission import first_id_at
from tests import builders

pytestmark = pytest.mark.django_db


def given(**values: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def plan_of(rows: QuerySet[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    return str(rows.explain())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#77", [77]),
        ("77", [77, 770, 12]),
        ("V2-RC.1", [12]),
        ("rc_1", []),
        ("100%", [770]),
        ("%", [770]),
        ("\\", [77]),
        ("größe", [77]),
        ("GRÖSSE 9", []),
    ],
)
def test_a_text_is_found_anywhere_and_a_number_whole(text: str, found: list[int], retail: Site) -> None:
    builders.deployment(retail, number=77, label="GRÖßE a\\b")
    builders.deployment(retail, number=770, label="100%")
    builders.deployment(retail, number=12, label="v2-rc.1+77")
    filters = DeploymentFilters(given(q=text), [retail])
    assert sorted(row.number for row in filters.apply([])) == sorted(found)


def test_free_text_and_hashes_are_found_by_their_indexes() -> None:
    assert "deployment_by_text" in plan_of(Deployment.objects.saying("checkout"))
    assert "build_by_text" in plan_of(Build.objects.saying("checkout"))
    assert "commit_by_hash" in plan_of(Commit.objects.filter(ident__startswith="abcdef1"))


def listed(client: Client, address: str) -> list[object]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [row["id"] for row in json.loads(b"".join(answer))]


@pytest.mark.parametrize(
    "query", ["from=2026-03-04&to=2026-03-04", "from=2026-03-04T11:59:59Z&to=2026-03-04T12:00:01Z"]
)
def test_days_narrow_what_came_in_and_what_went_out(query: str, retail: Site, viewer: Client) -> None:
    noon = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
    made = {}
    for days in (-1, 0, 1):
        at = noon + dt.timedelta(days=days)
        came = builders.submission(retail, at=at, id=first_id_at(at))
        made[days] = came, builders.delivery([builders.entry(retail, answered=False)], at=at)
    came, went = made[0]
    assert listed(viewer, f"/submissions/?format=json&{query}") == [str(came.pk)]
    assert listed(viewer, f"/deliveries/?format=json&{query}") == [went.pk]


@pytest.mark.parametrize("address", ["/submissions/", "/deliveries/"])
def test_a_day_that_is_none_is_said_there_too(address: str, retail: Site, viewer: Client) -> None:
    answer = viewer.get(f"{address}?from=yesterday")
    assert answer.status_code == 400
    assert "“yesterday” is no day for from." in answer.content.decode()


def test_a_repository_is_found_by_the_issues_of_what_is_in_it(retail: Site, foreign: Site, viewer: Client) -> None:
    homes = {name: builders.repository(retail, name) for name in ("commits", "branches", "requests", "deleted", "none")}
    builders.commit(retail, repository_id="commits", columns={"issue_keys": ["PAY-7"]})
    builders.branch(retail, repository_id="branches", columns={"issue_keys": ["PAY-7"]})
    builders.pull_request(retail, repository_id="requests", columns={"issue_keys": ["PAY-7"]})
    builders.deletion(builders.commit(retail, repository_id="deleted", columns={"issue_keys": ["PAY-7"]}))
    builders.commit(foreign, repository_id="none", columns={"issue_keys": ["PAY-7"]})
    found = listed(viewer, "/repositories/?format=json&issue=pay-7")
    assert sorted(found, key=str) == sorted((homes[name].pk for name in ("commits", "branches", "requests")), key=str)
