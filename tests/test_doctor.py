"""`manage.py doctor`: what is not well, and what to do."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from cryptography.fernet import Fernet
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from devops_sync import deletions, doctor, ledger
from devops_sync.doctor import database
from devops_sync.models import Deletion, Deployment, Entry, Site
from tests import builders, started
from tests.payloads import bulk, deployment
from tests.started import ROOT
from tests.test_setting_up import run

pytestmark = pytest.mark.django_db

KEY = ("checkout-api", "staging", 1)
PASSWORD = "hunter2-of-the-database"


@pytest.fixture(autouse=True)
def _throwaway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database does without what makes it durable."""
    monkeypatch.delitem(doctor.OF_DATABASE, "durability")


@pytest.fixture
def site() -> Site:
    return builders.site("retail")


def told(name: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what was found under this name and not fine."""
    code, said = run("doctor", "--json")
    findings = json.loads(said)["findings"]
    assert name in {one["name"] for one in findings}
    return code, [one for one in findings if one["name"] == name and one["state"] != "ok"]


def only(name: str) -> tuple[int, str, str]:
    """The exit code, the state and the sentence of the one thing that is not fine."""
    code, (one,) = told(name)
    assert one["do"]
    return code, one["state"], one["says"]


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class TestWhatItPrints:
    def test_all_is_well_beside_a_running_up(self, running: started.Up) -> None:
        code, said = doctor_beside(running)
        assert code == 0, said
        assert {line.split()[0] for line in said.splitlines()} == {"ok"}
        assert f"postgresql://postgres@/waybill?host={running.data}" in said.replace("%2F", "/")

    def test_a_line_each(self, site: Site) -> None:
        builders.lane(site, held_at=timezone.now(), held_reason="Jira\nanswers\x1b[31m 403.")
        code, said = run("doctor")
        assert code == 1
        assert all(line.split()[0] in ("ok", "warn", "bad") for line in said.splitlines())
        assert "\x1b" not in said

    def test_json_has_the_database_and_the_balance(self, site: Site) -> None:
        builders.deployment(site)
        builders.deployment(builders.site("hotels"), outcome="waiting")
        code, said = run("doctor", "--json")
        data = json.loads(said)
        assert set(data) == {"findings", "database", "balance"}
        assert data["database"].startswith("postgresql://postgres@/test_waybill")
        assert (data["balance"]["received"], data["balance"]["missing"]) == (2, 0)
        assert data["balance"]["sites"]["hotels"]["waiting"] == 1
        assert code == 0, said

    def test_its_help_has_an_example(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "doctor", "--help"]
        assert "Example: manage.py doctor --json" in subprocess.run(command, capture_output=True, text=True).stdout


class TestTheDataDirectory:
    def test_one_that_is_not_there_is_exit_3_and_is_not_made(self, tmp_path: Path) -> None:
        data = tmp_path / "nowhere"
        environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY")}
        found = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "doctor"],
            env={**environ, "WAYBILL_DATA": str(data)},
            capture_output=True,
            text=True,
        )
        assert (found.returncode, found.stdout.count("\n"), found.stderr) == (3, 1, "")
        assert f"There is nothing at this WAYBILL_DATA: {data}." in found.stdout
        assert not data.exists()


class TestDrift:
    def test_what_jira_lacks_of_what_is_current(self, site: Site) -> None:
        builders.deployment(site)
        Entry.objects.update(read_back=Entry.ReadBack.MISSING)
        assert only("drift") == (0, "warn", "1 of what is current: 1 missing in Jira, 0 different.")

    def test_what_was_deleted_is_not_missed(self, site: Site) -> None:
        builders.deployment(site)
        Entry.objects.update(read_back=Entry.ReadBack.MISSING)
        Deployment.objects.update(deleted_at=timezone.now())
        assert told("drift")[1] == []


class TestTheDatabase:
    @pytest.mark.parametrize("more", ["", f"?sslpassword={PASSWORD}", "?nonsense=1"])
    def test_one_that_is_not_there_is_exit_3_and_its_password_is_not_told(self, more: str) -> None:
        environ = {
            **os.environ,
            "DATABASE_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:9/waybill{more}",
            "SECRET_KEY": "x" * 50,
        }
        command = [sys.executable, str(ROOT / "manage.py"), "doctor", "--json"]
        found = subprocess.run(command, env=environ, capture_output=True, text=True)
        data = json.loads(found.stdout)
        assert (found.returncode, found.stderr) == (3, "")
        assert data["database"].startswith("postgresql://me:***@127.0.0.1:9/waybill")
        assert data["balance"] is None
        assert PASSWORD not in found.stdout

    def test_a_migration_that_is_not_applied(self) -> None:
        last = MigrationRecorder.Migration.objects.filter(app="devops_sync").order_by("-name").first()
        assert last is not None
        last.delete()
        assert only("migrations") == (1, "bad", f"1 not applied: {last.name}.")

    def test_a_migration_of_a_newer_version(self) -> None:
        MigrationRecorder.Migration.objects.create(app="devops_sync", name="9999_from_the_future")
        code, state, says = only("migrations")
        assert (code, state) == (0, "warn")
        assert "9999_from_the_future" in says

    def test_tables_that_are_not_there_are_findings_and_no_traceback(self) -> None:
        sql("ALTER TABLE site RENAME TO elsewhere")
        code, (balance,) = told("balance")
        assert (code, balance["says"]) == (1, "It could not be looked at (ProgrammingError).")

    @pytest.mark.parametrize(("seconds", "state"), [(5, "warn"), (-300, "bad")])
    def test_a_clock_that_is_off(self, seconds: int, state: str) -> None:
        with time_machine.travel(timezone.now() + dt.timedelta(seconds=seconds)):
            assert only("clock")[1] == state

    def test_a_transaction_that_stays_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "_OPEN_TOO_LONG", 0)
        facts = connection.get_connection_params()
        with psycopg.connect(host=facts["host"], user=facts["user"], dbname=facts["dbname"]) as other:
            other.execute("SELECT 1")
            assert "idle in transaction" in only("transactions")[2]

    def test_dead_rows_that_pile_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "_FEW_ROWS", -10_000_000)
        assert "dead rows" in told("vacuum")[1][0]["says"]

    def test_one_that_may_lose_what_was_accepted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(doctor.OF_DATABASE, "durability", database.durable)
        code, state, says = only("durability")
        assert (code, state) == (1, "bad")
        assert "fsync" in says


class TestTheSites:
    def test_a_secret_that_no_key_opens(self, site: Site) -> None:
        Site.objects.update(sealed_secret=Fernet(Fernet.generate_key()).encrypt(b"x"))
        code, state, says = only("secrets")
        assert (code, state) == (1, "bad")
        assert says.startswith("The secret of retail cannot be opened")

    def test_an_older_key_is_still_needed(self, site: Site, settings: Any) -> None:
        settings.ENCRYPTION_KEYS = [Fernet.generate_key(), *settings.ENCRYPTION_KEYS]
        assert told("secrets")[1] == []
        assert "An older key is still needed for retail" in run("doctor")[1]

    def test_a_held_lane_says_what_to_do(self, site: Site) -> None:
        builders.deployment(site, outcome="waiting")
        builders.lane(site, held_at=timezone.now(), held_reason="Jira answers 403.")
        code, state, says = only("lanes")
        assert (code, state) == (1, "bad")
        assert "The deployments lane of retail is held" in says
        assert re.search(r"Jira answers 403\. 1 wait, the oldest for \d s\.$", says)

    @pytest.mark.parametrize(("hours", "state"), [(1, "warn"), (73, "bad")])
    def test_a_sleeping_lane_gets_loud_after_three_days(self, hours: int, state: str, site: Site) -> None:
        builders.deployment(site, outcome="waiting", at=timezone.now() - dt.timedelta(hours=hours))
        wake = timezone.now() + dt.timedelta(minutes=5)
        builders.lane(site, wake_at=wake, failures=9, slept_for="Jira answered 503.")
        assert only("lanes")[1] == state

    def test_a_lane_that_has_failed_for_three_days_says_since_when_and_what_to_do(self, site: Site) -> None:
        builders.deployment(site, outcome="waiting")
        since = timezone.now() - dt.timedelta(hours=73)
        builders.lane(site, failing_since=since, failures=500, slept_for="The connection was refused.")
        code, state, says = only("lanes")
        assert (code, state) == (1, "bad")
        assert f"taken nothing from the deployments lane of retail since {since:%Y-%m-%d %H:%M} UTC" in says
        assert "The connection was refused. 1 wait" in says

    def test_an_empty_lane_that_failed_days_ago_is_well(self, site: Site) -> None:
        builders.lane(site, failing_since=timezone.now() - dt.timedelta(hours=73), failures=1)
        assert told("lanes")[1] == []

    @pytest.mark.parametrize(("minutes", "state"), [(2, "warn"), (6, "bad")])
    def test_work_that_nobody_takes_up(self, minutes: int, state: str, site: Site) -> None:
        builders.deployment(site, outcome="waiting", at=timezone.now() - dt.timedelta(minutes=minutes))
        assert only("work")[1] == state


class TestTheMachine:
    def test_debug_is_told(self, settings: Any) -> None:
        settings.DEBUG = True
        assert any(one["says"].startswith("DEBUG is on") for one in told("settings")[1])

    def test_a_wildcard_for_hosts_is_told(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        assert any("any host name" in one["says"] for one in told("settings")[1])

    def test_a_broker_that_is_away_is_told_without_its_password(self) -> None:
        environ = {**os.environ, "CELERY_BROKER_URL": f"amqp://me:{PASSWORD}@127.0.0.1:9//"}
        command = [sys.executable, str(ROOT / "manage.py"), "doctor"]
        found = subprocess.run(command, env=environ, capture_output=True, text=True)
        assert "The broker (amqp) cannot be reached (ConnectionRefusedError)." in found.stdout
        assert PASSWORD not in found.stdout + found.stderr


class TestTheEntries:
    @pytest.mark.breaks_the_balance
    def test_an_entry_that_is_lost_is_exit_1_with_its_submission(self, site: Site) -> None:
        builders.deployment(site)
        lost = builders.entry(site, outcome="refused")
        sql(f"DELETE FROM entry WHERE id = {lost.pk}")
        code, said = run("doctor", "--json")
        data = json.loads(said)
        first, total = (one for one in data["findings"] if one["name"] == "balance")
        assert code == 1
        assert str(lost.submission_id) in first["do"]
        assert "2 received ≠ 0 refused" in first["says"]
        assert (total["state"], data["balance"]["missing"]) == ("bad", 1)

    @pytest.mark.breaks_the_balance
    def test_what_one_site_lacks_is_not_made_up_for_by_another(self, site: Site) -> None:
        builders.submission(site, entry_count=1)
        builders.deployment(builders.site("hotels"))
        sql(f"UPDATE submission SET entry_count = 0 WHERE site_id <> {site.pk}")
        code, found = told("balance")
        assert code == 1
        assert [one["says"].split(":")[0] for one in found] == ["hotels", "retail", "In all"]

    def test_a_current_row_that_is_not_the_newest(self, site: Site) -> None:
        newer_than(builders.deployment(site, sequence=5))
        code, state, says = only("current state")
        assert (code, state) == (1, "bad")
        assert says.startswith("1 of 1 current rows point at a wrong entry: deployment")

    def test_what_was_deleted_before_counts_for_nothing(self, site: Site) -> None:
        lane = builders.lane(site)
        submit(site, deployment(1, 5))
        assert deletions.store(
            site, lane, deletions.Asked("deployments", timezone.now(), "deployment", KEY)
        ).marked_count
        submit(site, deployment(1, 4))
        assert Deployment.objects.get().sequence == 4
        assert told("current state")[1] == []
        Deletion.objects.all().delete()
        assert only("current state")[1] == "bad"

    def test_a_current_row_that_is_gone(self, site: Site) -> None:
        builders.deployment(site)
        Deployment.objects.all().delete()
        assert "of the newest entries have no current row" in only("current state")[2]


def facts(entry: Entry) -> dict[str, Any]:
    names = ("submission", "site", "lane", "envelope", "kind", "key", "payload", "outcome", "outcome_at")
    return {name: getattr(entry, name) for name in names}


def submit(site: Site, *items: object) -> None:
    body = bulk(*items)
    ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))


def newer_than(current: Deployment) -> Entry:
    """A version of it that is newer and did not become current."""
    arrived = builders.submission(current.site)
    return Entry.objects.create(
        **{**facts(current.entry), "submission": arrived, "sequence": current.sequence + 1, "position": 0}
    )


def doctor_beside(up: started.Up) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "manage.py"), "doctor"]
    environ = {**os.environ, "WAYBILL_DATA": str(up.data)}
    found = subprocess.run(command, env=environ, capture_output=True, text=True)
    return found.returncode, found.stdout + found.stderr
