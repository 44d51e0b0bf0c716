"""Whoever may do everything in the database changes the log: it is found, by row, here and offline."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from devops_sync.audit import exporting, keys, verify_offline, verifying
from tests.audit import tampering
from tests.audit.tampering import Superuser, Tampering

pytestmark = pytest.mark.django_db(transaction=True)


def offline(file: Path) -> str:
    """What the offline verifier says of an export made now, empty when that is whole."""
    known = {key.id: key.secret for key in keys.known().values()}
    try:
        walk = verify_offline.verify((line.decode() for line in exporting.lines()), known)
        verify_offline.compare(walk, file.read_text().splitlines(), known)
    except verify_offline.Broken as broken:
        return str(broken)
    return ""


def names(said: str, place: int) -> bool:
    """Whether a sentence names the row, or the position, which have one number here."""
    words = said.replace(",", " ").replace(".", " ").split()
    # Of a tail that is gone its last position that is left is named, too.
    return str(place) in words or (f"ends at position {place - 1}" in said)


def test_a_log_that_nobody_touched_is_whole(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    found = verifying.verify(file)
    assert (found.sentence, found.rows, found.checkpoints, found.checkpoints_in_file) == ("", tampering.ROWS, 2, 2)
    assert offline(file) == ""


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tampering.any_tampering())
def test_whatever_a_superuser_does_is_found_by_row(superuser: Superuser, file: Path, done: Tampering) -> None:
    file.unlink(missing_ok=True)
    tampering.fill(superuser)
    done.do(superuser)
    found = verifying.verify(file)
    assert not found.is_whole
    assert done.named in (found.position, found.row_id), found.sentence
    assert names(found.sentence, done.named), found.sentence
    said = offline(file)
    assert names(said, done.named), said


def test_a_tail_that_was_cut_off_is_found_when_the_log_went_on(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    kept = file.read_bytes()
    superuser.do("DELETE FROM audit_link WHERE position > 8")
    superuser.do("DELETE FROM audit_row WHERE id > 8")
    superuser.do("DELETE FROM audit_checkpoint WHERE position > 8")
    from devops_sync import audit

    for number in range(20):
        audit.note("settings.changed", on=("setting", number, f"setting {number}"))
    assert "is not the one that was signed there" in verifying.verify(file).sentence
    assert "it was written anew" in offline(file)
    assert file.read_bytes().startswith(kept)


def test_a_checkpoint_that_was_taken_from_the_database_is_missed(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    superuser.do("DELETE FROM audit_checkpoint WHERE position = %s", tampering.SIGNED)
    found = verifying.verify(file)
    assert found.sentence == (
        "The checkpoint in line 1 of audit-checkpoints.ndjson, at position 5, was removed from the database."
    )


def test_a_row_that_goes_before_it_has_its_place_is_missed(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    superuser.do("INSERT INTO audit_pending VALUES (77)")
    assert verifying.verify(file).sentence == "Row 77 was removed before it had its place in the chain."
    assert "Row 77 was removed before it had its place" in offline(file)


def test_a_row_that_is_kept_from_its_place_is_named(
    superuser: Superuser, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tampering.fill(superuser)
    from devops_sync import audit
    from devops_sync.audit import sealing

    audit.note("settings.changed", on=("setting", 7, "the look"))
    superuser.do("UPDATE audit_row SET at = at - interval '2 minutes' WHERE id = 13")
    monkeypatch.setattr(sealing, "seal", lambda **_: 0)
    found = verifying.verify(file)
    assert (found.row_id, found.sentence) == (
        *(13, "Row 13 has waited for its place in the chain for more than a minute."),
    )


def test_a_line_of_the_file_that_is_no_checkpoint_is_named(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    file.write_text("nonsense\n" + file.read_text())
    assert verifying.verify(file).sentence == f"Line 1 of {file} is no checkpoint."


def test_a_line_that_is_still_being_written_is_passed_over(superuser: Superuser, file: Path) -> None:
    tampering.fill(superuser)
    with file.open("a") as more:
        more.write('{"position": 12, "ma')
    assert verifying.verify(file).is_whole
