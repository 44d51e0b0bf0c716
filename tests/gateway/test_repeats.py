"""`Idempotency-Key`: a request that is sent again gets the first answer, and changes nothing."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from devops_sync.models import Entry, FirstAnswer, Submission
from tests.gateway.conftest import CLOUD, GATEWAY, make_site, make_token
from tests.payloads import MISSING, build, bulk, bulk_of, deployment

Post = Callable[..., Any]
KEY = {"Idempotency-Key": "run-4711"}


def test_a_repeat_gets_the_first_answer_and_writes_nothing(post: Post) -> None:
    body = bulk(deployment(1), deployment(2, url=MISSING))
    first, again = post(body, **KEY), post(body, **KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (202, first.content)
    assert again["Waybill-Submission"] == first["Waybill-Submission"]
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert (Submission.objects.count(), Entry.objects.count()) == (1, 2)


def test_a_refusal_is_repeated_too(post: Post) -> None:
    first, again = post(b"{}", **KEY), post(b"{}", **KEY)
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (400, first.json())
    assert Submission.objects.count() == 1


def test_without_a_key_every_request_stands_for_itself(post: Post) -> None:
    post(bulk(deployment()))
    post(bulk(deployment()))
    assert Submission.objects.count() == 2


def test_a_key_belongs_to_one_request(post: Post) -> None:
    post(bulk(deployment(1)), **KEY)
    answer = post(bulk(deployment(2)), **KEY)
    assert answer.status_code == 422
    assert answer.json()[0]["message"].startswith("This 'Idempotency-Key' was used for another request")
    assert post(bulk_of("builds", build()), f"/jira/builds/0.1/cloud/{CLOUD}/bulk", **KEY).status_code == 422
    assert Submission.objects.count() == 1


def test_a_key_belongs_to_one_sender(post: Post, site: Any) -> None:
    post(bulk(deployment(1)), **KEY)
    assert post(bulk(deployment(2)), token=make_token(site, name="other"), **KEY).status_code == 202


def test_a_long_key_is_refused(post: Post) -> None:
    assert post(bulk(deployment()), **{"Idempotency-Key": "k" * 256}).status_code == 400
    assert post(bulk(deployment()), **{"Idempotency-Key": "k" * 255}).status_code == 202


def test_a_repeat_of_what_was_never_answered_is_answered(post: Post) -> None:
    body = bulk(deployment(1), deployment(2, url=MISSING))
    first = post(body, **KEY)
    FirstAnswer.objects.update(body=None)
    assert post(body, **KEY).content == first.content


@pytest.mark.django_db(transaction=True)
def test_repeats_at_the_same_moment_make_one_submission() -> None:
    bearer = make_token(make_site())
    body = bulk(deployment())
    together = threading.Barrier(6)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        client = Client(headers={"Authorization": f"Bearer {bearer}", **KEY})
        together.wait()
        answer = client.post(f"{GATEWAY}/bulk", body, content_type="application/json")
        answers.append((answer.status_code, answer.content))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [202] * 6
    assert len({content for _, content in answers}) == 1
    assert (Submission.objects.count(), Entry.objects.count()) == (1, 1)
