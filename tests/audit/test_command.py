"""`manage.py audit`: verify, export, key, and the script that verifies an export without Waybill."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devops_sync import audit
from devops_sync.audit import exporting, keys, sealing, verify_offline
from devops_sync.management.commands.audit import Command
from devops_sync.models import AuditRow
from tests.audit import tampering
from tests.audit.tampering import Superuser

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code, and what was printed."""
    code = 0
    try:
        call_command("audit", *arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_log_that_is_whole_ends_with_0(superuser: Superuser, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tampering.fill(superuser)
    assert said(capsys, "verify") == (
        *(0, "Whole: 12 rows, 2 checkpoints, 2 in the file beside it, 0 rows that wait for their place.\n"),
    )


def test_a_log_that_is_not_ends_with_1_and_names_the_row(
    superuser: Superuser, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tampering.fill(superuser)
    superuser.do("UPDATE audit_row SET actor = 'mallory' WHERE id = 4")
    code, printed = said(capsys, "verify", "--json")
    found = json.loads(printed)
    assert (code, found["whole"], found["row_id"], found["position"]) == (1, False, 4, 4)
    assert said(capsys, "verify") == (
        *(1, "Row 4, at position 4, is not what was sealed there: it was changed, moved or put in.\n"),
    )


def test_a_copy_of_the_checkpoints_from_elsewhere_is_believed(
    superuser: Superuser, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tampering.fill(superuser)
    kept = tmp_path / "kept.ndjson"
    file.rename(kept)
    for table, column in (("audit_link", "position"), ("audit_row", "id"), ("audit_checkpoint", "position")):
        superuser.do(f"DELETE FROM {table} WHERE {column} > 5")
    assert said(capsys, "verify")[0] == 0
    code, printed = said(capsys, "verify", "--checkpoints", str(kept))
    assert (code, printed.startswith("The end of the log was cut off: it ends at position 6, and at ")) == (1, True)


def test_wrong_use_ends_with_2(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "verify", "--checkpoints", "nowhere")[0] == 2
    assert said(capsys, "export", "--from", "yesterday")[0] == 2
    assert said(capsys, "export", "-o", "/nowhere/at/all") == (
        *(2, "The file cannot be written: No such file or directory, /nowhere/at/all.\n"),
    )


def test_a_database_that_cannot_be_reached_ends_with_3(tmp_path: Path) -> None:
    environ = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 50}
    environ["WAYBILL_DATA"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "manage.py", "audit", "verify"], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.startswith("The database cannot be reached")) == (3, True)


def test_an_export_is_verified_by_the_script_alone(
    superuser: Superuser, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tampering.fill(superuser)
    export, script, key = tmp_path / "audit.ndjson", tmp_path / "alone" / "verify.py", tmp_path / "audit.key"
    script.parent.mkdir()
    assert said(capsys, "export", "-o", str(export), "--script", str(script)) == (0, "")
    key.write_text(said(capsys, "key")[1])
    # Isolated, and without the packages that are installed here.
    command = [sys.executable, "-I", "-S", str(script), str(export), "--key", str(key), "--checkpoints", str(file)]
    done = subprocess.run(command, cwd=script.parent, env={}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Whole: positions 1 to 13, 3 checkpoints, 3 in the file beside it.")
    export.write_text(export.read_text().replace('"actor":"Waybill"', '"actor":"Mallory"', 1))
    done = subprocess.run(
        command[:-4], cwd=script.parent, env={"WAYBILL_AUDIT_KEY": key.read_text()}, capture_output=True
    )
    assert (done.returncode, done.stdout) == (
        1,
        b"Line 2: Row 1, at position 1, is not what was sealed there: it was changed, moved or put in.\n",
    )
    done = subprocess.run(command[:-4], cwd=script.parent, env={}, capture_output=True)
    assert done.returncode == 2


def test_an_export_and_reading_the_key_are_acts_themselves(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "export", "-o", str(tmp_path / "audit.ndjson"), "--from", "2026-11-01")
    said(capsys, "key")
    assert list(AuditRow.objects.order_by("id").values_list("act", "actor", "after")) == [
        ("audit.exported", "manage.py audit", '{"from":"2026-11-01T00:00:00+00:00","to":null}'),
        ("audit.key.read", "manage.py audit", ""),
    ]


def test_a_part_of_the_log_says_which_it_is_and_verifies(file: Path) -> None:
    for day in range(1, 8):
        with time_machine.travel(f"2026-11-0{day}T12:00:00Z", tick=False):
            audit.note("settings.changed", on=("setting", day, f"setting {day}"))
            sealing.seal(and_sign=True)
    parse = Command()._instant
    lines = [line.decode() for line in exporting.lines(parse("2026-11-03"), parse("2026-11-05T23:00:00+01:00"))]
    walk = verify_offline.verify(lines, {key.id: key.secret for key in keys.known().values()})
    assert (walk.first, walk.position, walk.checkpoints) == (3, 5, 3)


def test_a_day_on_which_nothing_happened_is_an_export_without_rows(file: Path) -> None:
    audit.note("settings.changed", on=("setting", 1, "setting"))
    parse = Command()._instant
    known = {key.id: key.secret for key in keys.known().values()}
    for since, until in (("2030-01-01", None), (None, "2020-01-01"), ("2030-01-01", "2031-01-01")):
        lines = [line.decode() for line in exporting.lines(since and parse(since), until and parse(until))]
        walk = verify_offline.verify(lines, known)
        assert walk.position == walk.first - 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_export_with_any_line_changed_moved_or_gone_is_not_whole(
    superuser: Superuser, file: Path, exported: list[str], data: Any
) -> None:
    known = {key.id: key.secret for key in keys.known().values()}
    lines = list(exported)
    number = data.draw(st.integers(0, len(lines) - 1))
    match data.draw(st.sampled_from(["remove", "double", "swap", "field", "extra", "cut"])):
        case "remove":
            is_checkpoint = '"line":"checkpoint"' in lines[number]
            del lines[number]
            if is_checkpoint:
                return  # It is signed apart, and there are others.
        case "double":
            lines.insert(number, lines[number])
            if '"line":"checkpoint"' in lines[number]:
                return
        case "swap":
            other = data.draw(st.integers(0, len(lines) - 1).filter(lambda found: found != number))
            lines[number], lines[other] = lines[other], lines[number]
        case "field":
            found = json.loads(lines[number])
            name = data.draw(st.sampled_from(sorted(found)))
            was = found[name]
            found[name] = data.draw(st.sampled_from([None, 5, "x", "a\0b", [], {}, True, "\ud800"]))
            if found[name] == was:
                return
            lines[number] = json.dumps(found)
        case "extra":
            lines[number] = lines[number].replace('{"line"', '{"actor":"ada","line"', 1)
        case "cut":
            del lines[number:]
    with pytest.raises(verify_offline.Broken):
        verify_offline.verify(lines, known)


@pytest.fixture
def exported(superuser: Superuser, file: Path) -> list[str]:
    tampering.fill(superuser)
    return [line.decode() for line in exporting.lines()]
