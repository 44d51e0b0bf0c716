"""The steps of submissions and deliveries, and who sent what."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Site, Submission
from tests import builders

pytestmark = pytest.mark.django_db


def steps(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    return " ".join(page.split('id="steps"')[1].split("</section>")[0].split())


def test_a_submission_tells_its_steps_and_how_long_each_took(retail: Site, viewer: Client) -> None:
    at = timezone.now()
    one = builders.deployment(
        retail, at=at, entry_facts={"read_back": "confirmed", "read_back_at": at + dt.timedelta(seconds=3)}
    )
    said = steps(viewer, f"/submissions/{one.entry.submission_id}/")
    assert "from ci-gitlab, a token, answered 202" in said
    assert "17 ms, 1 of 1 deployment sound" in said
    assert f'in <a href="/deliveries/{one.entry.delivery_id}/">' in said
    assert "waited 383 ms" in said
    assert "1 accepted, 600 ms after the request left" in said
    assert "1 of 1 there as sent, 2.0 s after the answer" in said


def test_a_submission_that_waits_and_one_that_was_refused_say_how_far_they_are(retail: Site, viewer: Client) -> None:
    waits = builders.deployment(retail, outcome="waiting").entry.submission_id
    assert "Waiting to be sent" in steps(viewer, f"/submissions/{waits}/")
    refused = steps(viewer, f"/submissions/{builders.refused(retail).pk}/")
    assert "nothing of it is sent" in refused
    assert "Jira's answer" not in refused


def test_what_was_sent_in_several_requests_says_how_many(retail: Site, viewer: Client) -> None:
    one = builders.entry(retail)
    other = builders.entry(retail, outcome="rejected", submission=one.submission, position=1)
    assert other.delivery_id != one.delivery_id
    said = steps(viewer, f"/submissions/{one.submission_id}/")
    assert "in 2 deliveries, the last" in said
    assert "1 accepted, 1 rejected" in said


def test_a_delivery_tells_its_steps(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    said = steps(viewer, f"/deliveries/{one.entry.delivery_id}/")
    assert "in one submission" in said
    assert "waited 400 ms" in said
    assert "202 Accepted, in 446 ms; 1 accepted" in said
    assert "nobody has asked" in said


def test_a_delivery_without_an_answer_says_so(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    lost = builders.failed_delivery([one.entry], status=None)
    assert "given up after 446 ms" in steps(viewer, f"/deliveries/{lost.pk}/")


def test_an_entity_says_who_sent_it_through_which_token(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    page = " ".join(viewer.get(f"/deployments/{one.pk}/").content.decode().split())
    assert 'ci-gitlab, a token, from <span class="ref">192.0.2.7</span>' in page
    person = builders.user(name="maria")
    Submission.objects.filter(pk=one.entry.submission_id).update(token=None, user=person, remote_address=None)
    page = " ".join(viewer.get(f"/deployments/{one.pk}/").content.decode().split())
    assert "maria, a person</dd>" in page


def test_versions_tell_what_changed_of_the_properties_and_who_sent_them(retail: Site, viewer: Client) -> None:
    first = builders.payload("web", "dev", 5, 10, state="successful", label="v1", issues=["A-1"])
    old = builders.entry(retail, first, properties={"team": "checkout", "account": "7"})
    Submission.objects.filter(pk=old.submission_id).update(token=builders.token(retail, "ci-jenkins"))
    one = builders.deployment(
        retail,
        "web",
        "dev",
        number=5,
        sequence=11,
        label="v1",
        issues=["A-1"],
        properties={"team": "pay", "area": "eu"},
    )
    assert json.loads(one.entry.payload)["label"] == "v1"
    page = " ".join(viewer.get(f"/deployments/{one.pk}/").content.decode().split())
    assert "Property account 7 left out. Property area eu added. Property team from checkout to pay." in page
    assert "Sent by ci-jenkins." in page


def test_a_read_back_says_how_long_after_the_answer_it_came(retail: Site, viewer: Client) -> None:
    at = timezone.now()
    facts = {"read_back": "confirmed", "read_back_at": at + dt.timedelta(seconds=5)}
    one = builders.deployment(retail, at=at, entry_facts=facts)
    builders.confirmation(one.entry, "confirmed")
    assert "4.0 s after the answer, read once" in viewer.get(f"/deployments/{one.pk}/").content.decode()
