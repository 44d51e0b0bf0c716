"""Rows get their places after the commit: every row one, whoever writes meanwhile."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.utils import timezone

from devops_sync import audit, tasks
from devops_sync.audit import chain, exporting, keys, sealing, verify_offline, verifying
from devops_sync.models import AuditCheckpoint, AuditLink, AuditPending, AuditRow

pytestmark = pytest.mark.django_db(transaction=True)


def note(number: int = 7) -> None:
    audit.note("settings.changed", on=("setting", number, f"setting {number}"))


def test_the_sweep_gives_rows_their_places(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.seal_audit_log, "apply_async", lambda **_: tasks.seal_audit_log())
    note()
    assert AuditPending.objects.count() == 1
    tasks.sweep()
    assert (AuditPending.objects.count(), AuditLink.objects.get().position) == (0, 1)
    assert not sealing.is_due(timezone.now())


def test_many_rows_are_taken_some_at_a_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 3)
    for number in range(7):
        note(number)
    assert sealing.seal() == 7
    assert list(AuditLink.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert verifying.verify(file).is_whole


def test_who_writes_does_not_wait_for_the_sealer_and_nothing_is_sealed_twice(file: Path) -> None:
    writers, each, failures = 6, 60, []
    done = threading.Event()

    def in_thread(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write() -> None:
        for number in range(each):
            with transaction.atomic():
                note(number)
                if number % 7 == 0:
                    transaction.set_rollback(True)

    def seal() -> None:
        while not done.is_set():
            sealing.seal()

    sealers = [in_thread(seal) for _ in range(2)]
    for thread in [in_thread(write) for _ in range(writers)]:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    sealing.seal()
    kept = writers * sum(number % 7 != 0 for number in range(each))
    assert failures == []
    assert AuditRow.objects.count() == AuditLink.objects.count() == kept
    found = verifying.verify(file)
    assert (found.sentence, found.rows, found.pending) == ("", kept, 0)


def test_who_writes_waits_for_nobody(file: Path) -> None:
    with transaction.atomic():
        note()
        noted = threading.Event()

        def other() -> None:
            note()
            sealing.seal()
            connection.close()
            noted.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert noted.wait(10)
        thread.join()
    assert AuditLink.objects.count() == 1
    sealing.seal()
    assert verifying.verify(file).rows == 2


def test_the_chain_is_signed_after_a_minute_and_after_a_thousand_rows(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devops_sync.audit.checkpoints.EVERY_LINKS", 4)
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False) as clock:
        signed: list[list[int]] = []
        for count in (1, 1, 3, 1):
            for _ in range(count):
                note()
            sealing.seal()
            signed.append(list(AuditCheckpoint.objects.order_by("id").values_list("position", flat=True)))
        clock.shift(61)
        assert sealing.is_due(timezone.now())
        sealing.seal()
    assert signed == [[1], [1], [1, 5], [1, 5]]
    assert AuditCheckpoint.objects.order_by("-id").values_list("position", flat=True)[0] == 6
    assert file.read_text().count("\n") == 3


def test_a_file_that_cannot_be_written_stops_nothing(
    file: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_CHECKPOINTS = file / "below a file" / "x"
    file.write_text("")
    note()
    assert sealing.seal() == 1
    assert "the audit checkpoint cannot be written" in caplog.text


def test_keys_can_be_changed_and_the_old_places_still_verify(file: Path, settings: Any) -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    settings.ENCRYPTION_KEYS = [old]
    note()
    sealing.seal()
    settings.ENCRYPTION_KEYS = [new, old]
    note()
    sealing.seal(and_sign=True)
    assert AuditLink.objects.values_list("key_id", flat=True).distinct().count() == 2
    assert verifying.verify(file).is_whole
    both = {key.id: key.secret for key in keys.known().values()}
    lines = [line.decode() for line in exporting.lines()]
    assert verify_offline.verify(lines, both).position == 2
    settings.ENCRYPTION_KEYS = [new]
    (gone,) = set(both) - set(keys.known())
    assert verifying.verify(file).sentence.endswith(f"at position 1, is sealed with a key that is not set: {gone}.")


def test_a_key_says_nothing_of_what_it_was_derived_from() -> None:
    key = keys.signing()
    assert len(key.secret) == 32
    assert key.secret.hex() not in repr(key)
    assert key.id == next(iter(verify_offline.keys_of(key.secret.hex())))


def test_both_verifiers_know_the_same_columns() -> None:
    fields = {field.column for field in AuditRow._meta.concrete_fields}
    assert set(chain.COLUMNS) == fields
    assert chain.COLUMNS == verify_offline.COLUMNS
