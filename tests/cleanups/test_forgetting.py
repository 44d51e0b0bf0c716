"""Forgetting a person: what names somebody goes from Jira, and the ledger keeps facts without the name."""

import json

import pytest
from django.utils import timezone

from devops_sync import cleanups
from devops_sync.cleanups import forgetting
from devops_sync.models import Cleanup, Commit, Delivery, Entry, Redaction, Site, Submission, User
from tests.errands.conftest import Send, state
from tests.payloads import commit, pull_request, repository
from tests.sandbox_process import Sandbox

from .conftest import by_page, confirm, work

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = {"name": "Anna Ódor", "email": "anna@example.com", "avatar": "https://example.com/anna.png"}
BERT = {"name": "Bert Anna Ódor", "email": "bert@example.com"}


@pytest.fixture
def people(site: Site, send: Send) -> Site:
    """A commit of Anna's, one of somebody else's, and a pull request that she reviewed."""
    send(
        "devinfo",
        repository(
            commits=[commit("a1", author=ANNA), commit("b1", author=BERT)],
            pullRequests=[pull_request(author=BERT, reviewers=[{**ANNA, "approvalStatus": "APPROVED"}])],
        ),
    )
    return site


def forget(site: Site, admin: User, person: str) -> Cleanup:
    chosen = forgetting.naming(site, person)
    cleanup = cleanups.plan_by_keys(site, chosen, f"names {person}", by_page(admin), timezone.now(), person=person)
    return work(confirm(cleanup, admin))


@pytest.mark.parametrize("person", ["anna ódor", "anna@example.com"])
def test_what_names_her_is_found_by_name_or_address(people: Site, person: str) -> None:
    assert sorted(forgetting.naming(people, person)) == [("commit", '["r1","a1"]'), ("pull_request", '["r1","7"]')]


def test_she_is_nowhere_and_all_others_are(people: Site, admin: User, sandbox: Sandbox) -> None:
    assert forget(people, admin, "anna@example.com").state == Cleanup.State.PROVEN
    copies = [entry.payload for entry in Entry.objects.all()]
    copies += [bytes(one.raw or b"").decode() for one in Submission.objects.all()]
    copies += [bytes(one.request_body).decode() for one in Delivery.objects.all()]
    copies += [json.dumps(one.preview) + one.what + one.person for one in Cleanup.objects.all()]
    copies += list(Commit.objects.values_list("author_name", flat=True))
    assert not [copy for copy in copies if "anna@" in copy or '"Anna ' in copy or "anna.png" in copy]
    assert "bert@example.com" in copies[0] + copies[1] + copies[2]
    assert list(state(sandbox)["commit"]) == ['["r1","b1"]'] or len(state(sandbox)["commit"]) == 1


def test_the_head_of_what_came_names_her_no_more(people: Site, admin: User) -> None:
    head = {
        "line": "POST /bulk?by=anna%40example.com HTTP/1.1",
        "headers": {"From": "Anna \u00c3\u0093dor <Anna@example.com>", "User-Agent": "ci annabel"},
    }
    Submission.objects.update(head=head)
    forget(people, admin, "anna@example.com")
    kept = Submission.objects.get(purpose="").head
    assert kept["line"] == "POST /bulk?by=[redacted] HTTP/1.1"
    assert kept["headers"] == {"From": "[redacted] <[redacted]>", "User-Agent": "ci annabel"}
    assert Redaction.objects.get(column="head").fields == 3


def test_the_hash_of_what_was_there_stays(people: Site, admin: User) -> None:
    submission = Submission.objects.get()
    before = bytes(submission.sha256 or b"")
    forget(people, admin, "Anna Ódor")
    note = Redaction.objects.get(record="submission")
    assert (note.number, bytes(note.sha256_before)) == (str(submission.pk), before)
    submission.refresh_from_db()
    assert bytes(submission.sha256 or b"") == before
