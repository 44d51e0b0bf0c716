"""What the pages of all kinds share: who may see them, what they say, where they lead."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.kinds import KINDS
from devops_sync.models import Confirmation, Entry, Site
from tests import builders

from .conftest import ROLES
from .test_live import beat

pytestmark = pytest.mark.django_db
OTHERS = ("build", "repository", "commit", "branch", "pull_request")
SCRIPT = "<script>alert('x')</script>\"'&{{ 7*7 }}"
LONG = "W" * 255


def make(kind: str, of: Site, **more: Any) -> Any:
    return getattr(builders, kind)(of, **more)


def address(one: Any) -> str:
    return KINDS[one.entry.kind].url(one.pk)


def pages(one: Any) -> list[str]:
    return [
        address(one),
        f"/submissions/{one.entry.submission_id}/",
        f"/deliveries/{one.entry.delivery_id}/",
        "/builds/",
        "/repositories/",
        "/deliveries/",
    ]


def text(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_every_page_and_payloads_who_may(
    kind: str, role: str, retail: Site, signed_in: Callable[..., Client]
) -> None:
    one = make(kind, retail)
    client = signed_in(role)
    assert {client.get(page).status_code for page in pages(one)} == {200}
    assert ("POST</span> /jira/" in text(client, address(one))) is (role in ("auditor", "admin"))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_stranger_is_sent_to_the_sign_in_page(kind: str, retail: Site, client: Client) -> None:
    page = address(make(kind, retail))
    assert client.get(page)["Location"] == f"/login/?next={page}"


@pytest.mark.parametrize("kind", OTHERS)
def test_the_things_of_a_foreign_site_are_not_there(kind: str, foreign: Site, admin: Client) -> None:
    one = make(kind, foreign, url="https://secret.example/")
    assert admin.get(address(one)).status_code == 404
    assert admin.post(f"{address(one)}read-back").status_code == 404
    for page in ("/builds/", "/repositories/"):
        assert b"secret.example" not in admin.get(page).content
        rows = admin.get(f"{page}?_rows={one.pk}&_top=", headers={"Waybill-Seen": "none"})
        assert b"secret.example" not in rows.content


@pytest.mark.parametrize("kind", OTHERS)
def test_reading_back_is_for_those_who_may(kind: str, retail: Site, signed_in: Callable[..., Client]) -> None:
    one = make(kind, retail)
    assert signed_in("viewer").post(f"{address(one)}read-back").status_code == 403
    manager = signed_in("release-manager")
    assert "Read back now" in text(manager, address(one))
    assert manager.post(f"{address(one)}read-back")["Location"] == address(one)
    assert Confirmation.objects.get().entry_id == one.entry_id
    assert "Reading…" in text(manager, address(one))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_waiting_one_is_followed_and_a_settled_one_settles(kind: str, retail: Site, viewer: Client) -> None:
    one = make(kind, retail, outcome="waiting")
    assert 'hx-trigger="every 1000ms, ' in text(viewer, address(one))
    Entry.objects.filter(pk=one.entry_id).update(outcome="accepted", outcome_at=timezone.now())
    page = text(viewer, address(one))
    assert "<strong>Jira accepted it</strong>" in page
    assert ("hx-trigger" in page) is (kind == "repository")  # whose contents may grow


@pytest.mark.parametrize("kind", OTHERS)
def test_properties_lead_to_the_list_of_what_has_them(kind: str, retail: Site, viewer: Client) -> None:
    one = make(kind, retail, properties={"account": "7"})
    assert f'href="/{KINDS[KINDS[kind].listed_in].folder}/?property=account%3D7"' in text(viewer, address(one))


@pytest.mark.parametrize("kind", ["deployment", *OTHERS])
def test_a_deleted_one_says_since_when_by_whom_and_what_jira_said(kind: str, retail: Site, admin: Client) -> None:
    one = make(kind, retail)
    deletion = builders.deletion(one)
    page = text(admin, address(one))
    assert "<strong>It was deleted by ci-gitlab</strong>" in page
    assert "The deletion waits for its turn" in page
    assert "Read back now" not in page
    deletion.outcome, deletion.outcome_at = "accepted", timezone.now()
    deletion.save()
    assert "Jira took the deletion at" in text(admin, address(one))
    deletion.outcome, deletion.errors = "rejected", [{"message": "Not allowed"}]
    deletion.save()
    assert "Jira did not take the deletion</strong>" in text(admin, address(one))
    assert f'id="go-{one.pk}"' not in text(admin, f"/{KINDS[KINDS[kind].listed_in].folder}/")


def test_what_went_with_its_repository_or_by_properties_says_so(retail: Site, viewer: Client) -> None:
    home = builders.repository(retail)
    commit = builders.commit(retail)
    builders.deletion(commit, kind="repository", key=home.key)
    assert "with its repository, and is in the lists only where they show what was deleted." in text(
        viewer, address(commit)
    )
    branch = builders.branch(retail)
    builders.deletion(branch, properties={"account": "7"}, at=timezone.now() - dt.timedelta(days=1))
    assert 'with all that has the property <span class="ref">account=7</span>' in text(viewer, address(branch))


def test_a_delivered_deletion_says_what_it_deleted(retail: Site, viewer: Client) -> None:
    one = builders.build(retail, 5)
    by_key = builders.deletion(one)
    went = builders.delivery([one.entry], deletion=by_key, entry_ids=[], method="DELETE", request_body=b"")
    page = text(viewer, f"/deliveries/{went.pk}/")
    assert 'The build <span class="ref">checkout-api / 5</span>' in page
    assert "1 entity hidden" in page
    assert "a deletion" in text(viewer, "/deliveries/")
    by_key.kind, by_key.key, by_key.properties = "", "", {"account": SCRIPT}
    by_key.save()
    page = text(viewer, f"/deliveries/{went.pk}/")
    assert "All builds with" in page
    assert "<script>alert" not in page


def test_waiting_deletions_are_counted_with_what_waits(retail: Site, viewer: Client) -> None:
    builders.deletion(builders.build(retail))
    page = text(viewer, "/deliveries/")
    assert '<td class="num">1</td>' in page
    assert '1<span class="unseen"> waiting to be sent</span>' in page


def test_mends_are_told_where_the_entry_is(retail: Site, viewer: Client) -> None:
    one = builders.commit(retail, message="A" * 2007)
    said = "The message was cut from 2007 to 1024 characters."
    assert f"<strong>Mended, as Jira would have.</strong> {said}" in text(viewer, address(one))
    assert f"Mended: {said}" in text(viewer, f"/submissions/{one.entry.submission_id}/")


@pytest.mark.parametrize("kind", OTHERS)
def test_entries_lead_to_the_page_of_their_kind(kind: str, retail: Site, viewer: Client) -> None:
    one = make(kind, retail)
    for page in (f"/submissions/{one.entry.submission_id}/", f"/deliveries/{one.entry.delivery_id}/"):
        assert f'<a href="{address(one)}" id="entry-{one.entry_id}">' in text(viewer, page)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("word", [SCRIPT, LONG, "日本語 🚀 \u202e right to left", "%s {0} \\n"])
def test_whatever_was_sent_is_shown_as_text(kind: str, word: str, retail: Site, admin: Client) -> None:
    one = make(kind, retail, properties={word[:200]: word[:200]}, outcome="rejected")
    texts = [field.name for field in one._meta.fields if field.get_internal_type() == "CharField"]
    for name in texts:
        setattr(one, name, word[: one._meta.get_field(name).max_length])
    one.issue_keys = [f"{word}-1"]
    one.save()
    reference = {"commit": {"id": word, "repositoryUri": f"javascript:{word}"}, "ref": {"name": word, "uri": word}}
    names = ("label", "state", "name", "message", word)
    payload = json.dumps({"references": [reference], "issueKeys": [word], **dict.fromkeys(names, word)})
    Entry.objects.filter(pk=one.entry_id).update(
        payload=payload, errors=[{"message": word, "trace_id": word}], mends=[word], unknown_issues=[f"{word}-1"]
    )
    for page in pages(one):
        answer = admin.get(page)
        assert answer.status_code == 200, page
        assert b"<script>alert" not in answer.content, page
        assert b'href="javascript:' not in answer.content, page
        assert b" style=" not in answer.content, page


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    "payload", ['{"references": [1, {"commit": "x", "ref": {"name": 7}}], "state": {}, "status": []}', "[1]", "no", "{"]
)
def test_any_payload_can_be_compared_and_shown(kind: str, payload: str, retail: Site, admin: Client) -> None:
    one = make(kind, retail)
    builders.entry(retail, {}, kind=kind, key=one.entry.key, sequence=0, outcome="out_of_order")
    Entry.objects.filter(pk=one.entry_id).update(payload=payload)
    assert admin.get(address(one)).status_code == 200


@pytest.mark.parametrize("kind", OTHERS)
def test_what_a_page_asks_does_not_grow(
    kind: str, retail: Site, admin: Client, django_assert_max_num_queries: Any
) -> None:
    one = make(kind, retail)
    if kind != "repository":
        builders.repository(retail)
    text(admin, address(one))  # That it was seen is noted once.
    with django_assert_max_num_queries(20):
        text(admin, address(one))
    for number in range(30):
        builders.entry(retail, {}, kind=kind, key=one.entry.key, sequence=number, outcome="out_of_order")
        builders.confirmation(one.entry, "confirmed")
        builders.commit(retail)
    with django_assert_max_num_queries(20):
        text(admin, address(one))


@pytest.mark.parametrize("kind", OTHERS)
def test_nothing_comes_when_nothing_changed(kind: str, retail: Site, viewer: Client) -> None:
    one = make(kind, retail, outcome="waiting")
    for page in (address(one), f"/{KINDS[KINDS[kind].listed_in].folder}/"):
        assert beat(viewer, viewer.get(page).content.decode()).status_code == 204  # type: ignore[attr-defined]
