"""The limit of a token: so many requests a minute, counted together by all web processes."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import tokens
from devops_sync.gateway import rates
from devops_sync.models import Site, Submission, Token
from devops_sync.models.token import TokenMinute
from devops_sync.wrong import Unusable
from tests.gateway.conftest import GATEWAY
from tests.payloads import bulk, deployment

NOW = dt.datetime(2026, 11, 21, 12, 0, 17, tzinfo=dt.UTC)
Send = Callable[..., Any]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def limited(site: Site) -> str:
    return tokens.create("limited", site, ["read", "write"], timezone.now(), rate_limit=3)[2]


def send(client: Client, bearer: str, path: str = f"{GATEWAY}/bulk") -> Any:
    headers = {"Authorization": f"Bearer {bearer}"}
    return client.post(path, bulk(deployment()), content_type="application/json", headers=headers)


def test_beyond_its_limit_a_token_gets_429_as_jira_says_it(client: Client, limited: str, clock: Any) -> None:
    assert [send(client, limited).status_code for _ in range(3)] == [202] * 3
    answer = send(client, limited)
    assert answer.status_code == 429
    assert answer.json() == [{"message": "The token may send 3 requests a minute."}]
    assert {name: answer[name] for name in answer.headers if name.startswith(("X-Rate", "Rate", "Retry"))} == {
        "Retry-After": "43",
        "RateLimit-Reason": "jira-burst-based",
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-11-21T12:01:00Z",
        "X-RateLimit-NearLimit": "true",
    }


def test_development_information_says_it_in_an_object(client: Client, limited: str, clock: Any) -> None:
    path = GATEWAY.replace("deployments", "devinfo") + "/bulk"
    answers = [send(client, limited, path) for _ in range(4)]
    assert answers[3].json() == {"errorMessages": [{"message": "The token may send 3 requests a minute."}]}


def test_the_next_minute_is_a_new_one(client: Client, limited: str, clock: Any) -> None:
    assert [send(client, limited).status_code for _ in range(4)][-1] == 429
    clock.shift(43)
    assert send(client, limited).status_code == 202


def test_every_answer_says_how_far_it_is(client: Client, limited: str, clock: Any) -> None:
    first, lost = (
        send(client, limited),
        client.get(
            f"{GATEWAY}/pipelines/a/environments/b/deployments/1", headers={"Authorization": f"Bearer {limited}"}
        ),
    )
    assert (first["X-RateLimit-Remaining"], "X-RateLimit-NearLimit" in first) == ("2", False)
    assert (lost.status_code, lost["X-RateLimit-Remaining"]) == (404, "1")


def test_what_is_turned_away_is_counted_and_kept_nowhere(client: Client, limited: str, clock: Any) -> None:
    for _ in range(8):
        send(client, limited)
    assert Submission.objects.count() == 3
    (minute,) = TokenMinute.objects.all()
    assert (minute.minute, minute.requests, minute.refused) == (NOW.replace(second=0), 8, 5)


def test_a_token_without_a_limit_costs_nothing_more(client: Client, site: Site, limited: str, bearer: str) -> None:
    send(client, bearer)
    with CaptureQueriesContext(connection) as asked:
        answer = send(client, bearer)
    assert not [one["sql"] for one in asked if "token_minute" in one["sql"]]
    assert not [name for name in answer.headers if name.startswith("X-RateLimit")]
    assert rates.count(Token.objects.get(name="ci"), timezone.now()) is None
    assert not TokenMinute.objects.exists()


def test_other_tokens_are_not_held_up(client: Client, limited: str, bearer: str, clock: Any) -> None:
    for _ in range(4):
        send(client, limited)
    assert send(client, bearer).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_through_as_often_as_it_says(site: Site) -> None:
    token = tokens.create("limited", site, ["write"], timezone.now(), rate_limit=20)[0]

    def ask(_: int) -> bool:
        try:
            standing = rates.count(token, NOW)
            return standing is not None and not standing.is_exceeded
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(ask, range(100)))
    assert passed.count(True) == 20
    assert TokenMinute.objects.get().refused == 80


def test_counts_of_past_weeks_are_forgotten(site: Site, db: None) -> None:
    token = tokens.create("limited", site, ["write"], NOW, rate_limit=20)[0]
    rates.count(token, NOW - dt.timedelta(days=8))
    rates.count(token, NOW - dt.timedelta(days=6))
    rates.count(token, NOW)
    assert TokenMinute.objects.count() == 2


def test_the_counts_are_not_written_to_the_log_of_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'token_minute'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize("rate", [0, -1, 10**9])
def test_a_limit_that_lets_nothing_through_is_none(site: Site, rate: int) -> None:
    with pytest.raises(Unusable, match="The limit must be a whole number"):
        tokens.create("limited", site, ["write"], NOW, rate_limit=rate)
