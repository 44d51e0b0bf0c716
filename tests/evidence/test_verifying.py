"""The script that lies in evidence: it needs nothing of Waybill, and finds what was changed."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devops_sync import audit, evidence
from devops_sync.audit import keys
from devops_sync.models import Deployment, Site, Submission, User
from tests import builders
from tests.cleanups.conftest import confirm, plan, work

from .conftest import Opened, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subject(transactional_db: None) -> evidence.Subject:
    one = builders.deployment(builders.site())
    audit.raw.taken(one.entry.submission, "request")
    audit.raw.taken(one, "the page")
    return evidence.of_entity(one, "deployment")


@pytest.fixture
def folder(subject: evidence.Subject, tmp_path: Path) -> Path:
    """Evidence that was unpacked."""
    made = opened(subject)
    made.zip.extractall(tmp_path / "unpacked")
    (tmp_path / "evidence.zip").write_bytes(made.raw)
    (tmp_path / "audit.key").write_text("\n".join(key.secret.hex() for key in keys.known().values()))
    return tmp_path / "unpacked"


def verified(folder: Path, *options: object) -> tuple[int, str]:
    """The exit code and what was printed. Isolated, and without the packages that are installed here."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *map(str, options)]
    done = subprocess.run(command, env={}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_what_is_whole_is_whole_with_its_audit_rows(folder: Path) -> None:
    code, printed = verified(folder, "--key", folder.parent / "audit.key")
    assert (code, printed.startswith("Whole: ")) == (0, True)
    assert "the rows of the audit log with their key" in printed
    assert {json.loads(line)["line"] for line in (folder / "audit.ndjson").open()} == {"row"}


def test_the_zip_is_verified_without_unpacking_it(folder: Path) -> None:
    assert verified(folder, folder.parent / "evidence.zip")[0] == 0


def test_a_changed_byte_is_found_in_each_file(folder: Path) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"):
        if path.name == "verify.py":
            continue
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        code, printed = verified(folder)
        path.write_bytes(before)
        assert (code, printed.startswith(f"{path.relative_to(folder).as_posix()} was changed: ")) == (1, True)


def test_a_changed_byte_is_found_in_the_zip(folder: Path) -> None:
    path = folder.parent / "evidence.zip"
    with zipfile.ZipFile(path) as found:
        name = next(name for name in found.namelist() if name.endswith("body.bin"))
        place = found.getinfo(name).header_offset + 30 + len(name) + 10
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)
    code, printed = verified(folder, path)
    assert (code, f"{name} was changed" in printed) == (1, True)


def test_what_is_missing_or_put_in_is_found(folder: Path) -> None:
    (folder / "entries.ndjson").rename(folder / "others.ndjson")
    assert verified(folder)[1].splitlines()[:2] == [
        "others.ndjson was put in: the manifest does not have it.",
        "entries.ndjson is missing.",
    ]


def test_a_row_that_was_changed_with_its_manifest_does_not_fit_its_mac(folder: Path) -> None:
    path, listed = folder / "audit.ndjson", folder / "manifest.json"
    path.write_text(path.read_text().replace("manage.py", "nobody").replace("Waybill", "mallory"))
    manifest = json.loads(listed.read_text())
    for one in manifest["files"]:
        if one["path"] == "audit.ndjson":
            one.update(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size)
    listed.write_text(json.dumps(manifest))
    assert verified(folder)[0] == 0
    code, printed = verified(folder, "--key", folder.parent / "audit.key")
    assert (code, "audit.ndjson, line 1: it is not what was sealed at its position." in printed) == (1, True)


def test_another_manifest_is_found(folder: Path, subject: evidence.Subject) -> None:
    made = evidence.Making(subject)
    b"".join(made.pieces())
    assert verified(folder, "--manifest", made.manifest_sha256)[0] == 0
    assert verified(folder, "--manifest", "0" * 64)[0] == 1


def test_bytes_that_the_ledger_changed_are_found(subject: evidence.Subject, tmp_path: Path) -> None:
    """Who changes a body in the database, but not the hash beside it, is found without the one that made the file."""
    row = Deployment.objects.get()
    type(row.entry.submission).objects.filter(pk=row.entry.submission_id).update(raw=b"{}")
    opened(subject).zip.extractall(tmp_path)
    code, printed = verified(tmp_path)
    assert (code, "body.bin is not what the ledger had: " in printed) == (1, True)


def test_bytes_of_what_a_deletion_took_that_the_ledger_changed_are_found(
    filled: Site, admin: User, tmp_path: Path
) -> None:
    cleanup = work(confirm(plan(filled, admin, account="a"), admin))
    whole, changed = tmp_path / "whole", tmp_path / "changed"
    opened(evidence.of_deletion(cleanup)).zip.extractall(whole)
    came = json.loads((whole / "deletion/received.ndjson").read_text().splitlines()[0])["submission"]
    Submission.objects.filter(pk=came).update(raw=b"{}")
    opened(evidence.of_deletion(cleanup)).zip.extractall(changed)
    assert verified(whole)[0] == 0
    code, printed = verified(changed)
    assert (code, "received.ndjson, line 1 is not what the ledger received: " in printed) == (1, True)


def test_a_wrong_use_ends_with_2(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    (tmp_path / "no.key").write_text("nothing")
    for options in (["nowhere"], [tmp_path / "no.zip"], ["--key", tmp_path / "no.key"], ["--what"]):
        assert verified(folder, *options)[0] == 2


def test_rows_that_wait_for_their_place_say_so(
    subject: evidence.Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("devops_sync.audit.sealing.seal", lambda: 0)
    found: Opened = opened(subject)
    assert {row["line"] for row in found.lines("audit.ndjson")} == {"unchained"}
    assert "wait for their place in the chain" in found.read("summary.txt").decode()
    found.zip.extractall(tmp_path)
    (tmp_path.parent / "audit.key").write_text("\n".join(key.secret.hex() for key in keys.known().values()))
    assert verified(tmp_path, "--key", tmp_path.parent / "audit.key")[0] == 0


def test_the_site_is_named(folder: Path) -> None:
    assert json.loads((folder / "subject.json").read_text())["sites"][0]["slug"] == Site.objects.get().slug
