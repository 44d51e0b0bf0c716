"""Whatever is submitted is in the audit log, written by the statement that writes the submission."""

import datetime as dt
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devops_sync import ledger, prepared
from devops_sync.models import AuditPending, AuditRow, Grant, Submission, User
from tests import builders
from tests.payloads import bulk, deployment

pytestmark = pytest.mark.django_db


def row() -> tuple[AuditRow, dict[str, Any]]:
    """The one row of the log, with what it says was received."""
    found = AuditRow.objects.get()
    assert AuditPending.objects.get().row_id == found.pk
    return found, json.loads(found.after)


def arrival(body: bytes, **more: Any) -> ledger.Arrival:
    site = builders.site("retail")
    facts = {"api": "deployments", "path": "/x", "body": body, "received_at": timezone.now(), "size": len(body)}
    return ledger.Arrival(**facts | {"site": site, "token": builders.token(site)} | more)


def test_what_is_taken_is_noted_with_its_hash() -> None:
    came = arrival(bulk(deployment(1), deployment(2)), remote_address="192.0.2.7")
    submitted = ledger.submit(came)
    noted, after = row()
    assert came.token
    assert (noted.act, noted.actor_kind, noted.actor, noted.token_id, noted.remote_address) == (
        *("submission.received", "token", came.token.name, came.token.pk, "192.0.2.7"),
    )
    assert (noted.subject_kind, noted.subject_id, noted.site) == ("submission", str(submitted.id), "retail")
    kept = Submission.objects.get()
    assert kept.sha256 is not None
    assert after == {
        "path": "/x",
        "size": came.size,
        "sha256": bytes(kept.sha256).hex(),
        "entries": 2,
        "refused": 0,
        "status": 202,
    }


def test_what_is_refused_whole_is_noted_with_the_reason() -> None:
    with pytest.raises(ledger.Refused):
        ledger.submit(arrival(b"{", head={"User-Agent": "ci"}))
    noted, after = row()
    kept = Submission.objects.get()
    assert noted.subject_id == str(kept.pk)
    assert (after["status"], after["refusal"], kept.refusal) == (400, kept.refusal, kept.refusal)
    assert (kept.head, bytes(kept.raw or b""), kept.size) == ({"User-Agent": "ci"}, b"{", 1)


def test_a_submission_and_its_line_in_the_log_are_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    came = arrival(bulk(deployment(1)))
    ledger.submit(came)
    ran: list[str] = []
    run = prepared.run
    monkeypatch.setattr(prepared, "run", lambda statement, values: ran.append(statement) or run(statement, values))
    with CaptureQueriesContext(connection) as others:
        ledger.submit(came)
    assert len([statement for statement in ran if "INSERT" in statement]) == 1
    assert not [query for query in others.captured_queries if "audit" in query["sql"]]
    assert AuditRow.objects.count() == 2


def test_one_key_twice_in_a_request_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.submit(arrival(bulk(deployment(1), deployment(1), deployment(1))))
    assert row()[1]["entries"] == 3


def test_a_stranger_is_noted_as_one(client: Client) -> None:
    builders.site("retail")
    client.post("/jira/deployments/0.1/cloud/x/bulk", b"{}", "application/json", REMOTE_ADDR="192.0.2.8")
    noted, after = row()
    assert (noted.actor_kind, noted.actor, noted.remote_address) == ("stranger", "", "192.0.2.8")
    assert (after["status"], after["sha256"]) == (401, None)


def test_a_command_is_noted_by_its_name(tmp_path: Any) -> None:
    builders.site("retail")
    (tmp_path / "one.json").write_bytes(bulk(deployment(1)))
    call_command("submit", str(tmp_path / "one.json"), "--site", "retail")
    noted, _ = row()
    assert (noted.actor_kind, noted.actor) == ("command", "manage.py submit")


def test_a_person_is_noted_with_their_address(client: Client) -> None:
    site, person = builders.site("retail"), User.objects.create(username="ada")
    Grant.objects.create(user=person, role="admin")
    client.force_login(person)
    asked = {"site": site.slug, "text": bulk(deployment(1)).decode(), "do": "submit"}
    client.post("/submit/?as=json", asked, REMOTE_ADDR="192.0.2.9")
    noted, _ = row()
    assert (noted.actor_kind, noted.actor, noted.user_id, noted.remote_address) == (
        "user",
        "ada",
        person.pk,
        "192.0.2.9",
    )


def test_a_secret_in_a_path_is_struck_out() -> None:
    ledger.refuse(arrival(b"", path=f"/x/wbt_{'s3cret' * 5}", received_at=dt.datetime.now(dt.UTC)), 404, "No.")
    assert "s3cret" not in AuditRow.objects.get().after
