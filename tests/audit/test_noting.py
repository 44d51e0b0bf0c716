"""Noting an act: who, what, on what, before and after, in the transaction of the act."""

import json
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from devops_sync import audit
from devops_sync.audit import acts, content
from devops_sync.models import AuditPending, AuditRow, Grant, User
from tests import builders


@pytest.mark.django_db
def test_an_act_says_who_did_what_on_what_and_from_where() -> None:
    site = builders.site("retail")
    person = User.objects.create(username="ada")
    with audit.acting.by(audit.acting.user(person, "192.0.2.9")):
        audit.note("site.changed", on=site, before={"sample_one_in": 20}, after={"sample_one_in": 5})
    row = AuditRow.objects.get()
    assert (row.act, row.actor_kind, row.actor, row.user_id, row.remote_address) == (
        *("site.changed", "user", "ada", person.pk, "192.0.2.9"),
    )
    assert (row.site_id, row.site, row.subject_kind, row.subject_id, row.subject) == (
        *(site.pk, "retail", "site", str(site.pk), "retail"),
    )
    assert (row.before, row.after) == ('{"sample_one_in":20}', '{"sample_one_in":5}')
    assert AuditPending.objects.get().row_id == row.pk


@pytest.mark.django_db
def test_what_nobody_asked_for_is_the_doing_of_waybill_itself() -> None:
    audit.note("settings.changed", on=("setting", 7, "the look"))
    row = AuditRow.objects.get()
    assert (row.actor_kind, row.actor, row.subject_kind, row.subject_id) == ("system", "Waybill", "setting", "7")


@pytest.mark.django_db
def test_an_act_outside_the_table_is_refused() -> None:
    with pytest.raises(acts.Unknown, match=r"no act 'site\.painted'"):
        audit.note("site.painted", on=builders.site("retail"))
    assert not AuditRow.objects.exists()


def test_the_sentence_of_every_act_can_be_said() -> None:
    for name in acts.ACTS:
        assert "{" not in acts.sentence(name, actor="ada", subject="retail", site="retail")


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_taken_back_leaves_no_row() -> None:
    @transaction.atomic
    def change() -> None:
        audit.note("settings.changed", on=("setting", 7, "the look"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert not AuditRow.objects.exists()
    assert not AuditPending.objects.exists()


SECRETS: list[Any] = [
    {"client_secret": "hunter2-and-more"},
    {"token": "hunter2-and-more"},
    {"credential": {"inner": "hunter2-and-more"}},
    {"nested": [{"Password": "hunter2-and-more"}]},
    {"Authorization": "hunter2-and-more"},
    {"api_key": "hunter2-and-more"},
    {"said": f"it is wbs_{'hunter2-and-more' * 2}"},
    {"url": "https://ada:hunter2-and-more@example.com/"},
    {"head": "Bearer hunter2-and-more"},
]


@pytest.mark.django_db
@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: next(iter(secret)))
def test_a_secret_is_struck_out(secret: Any) -> None:
    audit.note("settings.changed", on=("setting", 7, "the look"), after=secret)
    after = AuditRow.objects.get().after
    assert "hunter2" not in after
    assert "(not kept)" in after


def test_a_long_text_is_looked_through_at_once() -> None:
    """Whoever sends chooses such texts; one of 60 kB took seconds."""
    begun = time.process_time()
    assert content.line("eyJ-" * 15_000).startswith("eyJ-eyJ-")
    assert time.process_time() - begun < 0.2
    assert content.line("in (eyJhbGciOiJI.eyJzdWIiOiIx.c2ln)") == "in ((not kept))"


@pytest.mark.django_db
def test_a_text_that_postgresql_cannot_hold_is_mended() -> None:
    audit.note("settings.changed", on=("setting", "a\0b", "half a sign \ud800"), after={"c\0": "\0\udfff"})
    row = AuditRow.objects.get()
    assert (row.subject_id, row.subject) == ("a�b", "half a sign ?")
    assert json.loads(row.after) == {"c�": "�?"}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_row", "audit_link", "audit_checkpoint"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET key_id = ''"])
def test_the_database_refuses_to_change_and_to_remove(table: str, statement: str) -> None:
    statement = statement.replace("key_id", "act") if table == "audit_row" else statement
    with pytest.raises(DatabaseError, match=rf"append-only: \w+ of {table} is refused"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


@pytest.mark.django_db
def test_a_command_acts_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "devops_sync.management.commands.doctor.Command.handle",
        lambda *_, **__: seen.append(audit.acting.current()),
    )
    call_command("doctor")
    assert [(actor.kind, actor.name) for actor in seen] == [("command", "manage.py doctor")]
    assert audit.acting.current().kind == "system"


@pytest.mark.django_db
def test_who_is_signed_in_acts_from_their_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.site("retail")
    person = User.objects.create(username="ada")
    Grant.objects.create(user=person, role="admin")
    client.force_login(person)
    seen = []
    monkeypatch.setattr("dashboard.zone.of", lambda _: seen.append(audit.acting.current()))
    client.get("/", REMOTE_ADDR="192.0.2.44")
    assert [(actor.kind, actor.name, actor.remote_address) for actor in seen] == [("user", "ada", "192.0.2.44")]


def test_who_is_not_signed_in_is_a_stranger(rf: RequestFactory) -> None:
    seen = []
    audit.acting.middleware(lambda _: seen.append(audit.acting.current()))(rf.get("/", REMOTE_ADDR="192.0.2.45"))
    assert [(actor.kind, actor.remote_address) for actor in seen] == [("stranger", "192.0.2.45")]
    assert audit.acting.current().kind == "system"


def test_who_has_no_name_is_somebody() -> None:
    assert acts.sentence("submission.received", actor="", subject="7") == "Somebody sent submission 7"
