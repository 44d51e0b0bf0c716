"""Who may take evidence away, by the button and by the command, and what the audit log has of it."""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client

from devops_sync.models import AuditRow, Site, Submission
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def retail(transactional_db: None) -> Site:
    return builders.site("retail")


def of_role(role: str, *sites: Site) -> Client:
    """A browser of somebody with this role on these sites, or on all."""
    person, client = builders.user(role, of=sites[0] if sites else None), Client()
    for site in sites[1:]:
        person.grants.create(role=role, site=site)
    client.force_login(person)
    return client


def taken(client: Client, address: str) -> zipfile.ZipFile:
    answer = client.get(address)
    assert isinstance(answer, StreamingHttpResponse)
    raw = answer.getvalue()
    answer.close()
    return zipfile.ZipFile(io.BytesIO(raw))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code, and what was printed."""
    code = 0
    try:
        call_command("export", *arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize(("role", "may"), [("viewer", 0), ("release-manager", 0), ("auditor", 1), ("admin", 1)])
def test_the_button_is_for_auditors_and_admins(role: str, may: int, retail: Site) -> None:
    one, client = builders.deployment(retail), of_role(role, retail)
    sealed = builders.sealed(builders.cleanup(retail))
    pages = [f"/deployments/{one.pk}/", f"/issues/{one.issue_keys[0]}/", f"/deletions/{sealed.pk}/report/"]
    assert [client.get(page).content.count(b'id="evidence"') for page in pages] == [may] * 3
    files = [f"/evidence/deployment/{one.pk}/", "/evidence/issue/SHOP-1/", f"/evidence/deletion/{sealed.pk}/"]
    assert [client.head(file).status_code for file in files] == [200 if may else 403] * 3


def test_it_comes_as_a_file_that_is_kept_by_nobody(retail: Site) -> None:
    one = builders.deployment(retail)
    answer = of_role("auditor", retail).get(f"/evidence/deployment/{one.pk}/")
    name = f"waybill-evidence-retail-deployment-{one.pk}.zip"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    answer.close()


def test_of_an_issue_there_is_what_is_on_the_sites_that_one_may_audit(retail: Site) -> None:
    foreign, read_only = builders.site("foreign"), builders.site("read-only")
    for site in (retail, foreign, read_only):
        builders.deployment(site, issues=["SHOP-1"])
    client = of_role("auditor", retail)
    found = taken(client, "/evidence/issue/SHOP-1/")
    assert [json.loads(line)["site"] for line in found.read("entries.ndjson").splitlines()] == ["retail"]
    found = taken(of_role("auditor", retail, foreign), "/evidence/issue/shop-1/")
    assert [json.loads(line)["site"] for line in found.read("entries.ndjson").splitlines()] == ["retail", "foreign"]
    assert client.get("/evidence/issue/SHOP-2/").status_code == 404


def test_the_log_has_who_asked_before_it_begins_and_the_hash_once_it_is_made(retail: Site) -> None:
    one, client = builders.deployment(retail), of_role("auditor", retail)
    answer = client.get(f"/evidence/deployment/{one.pk}/")
    assert list(AuditRow.objects.values_list("act", flat=True)) == ["evidence.asked"]
    found = zipfile.ZipFile(io.BytesIO(answer.getvalue()))  # type: ignore[attr-defined]
    made = AuditRow.objects.get(act="evidence.made")
    manifest = hashlib.sha256(found.read("manifest.json")).hexdigest()
    assert json.loads(made.after)["manifest_sha256"] == manifest
    assert (made.actor.startswith("auditor"), made.subject_id, made.site) == (True, str(one.pk), "retail")


def test_who_goes_away_halfway_made_nothing(retail: Site) -> None:
    one, client = builders.deployment(retail), of_role("auditor", retail)
    Submission.objects.update(raw=os.urandom(1_000_000))
    answer = client.get(f"/evidence/deployment/{one.pk}/")
    assert isinstance(answer, StreamingHttpResponse)
    assert next(iter(answer.streaming_content)).startswith(b"PK")  # type: ignore[arg-type, call-overload]
    assert connection.in_atomic_block
    answer.close()
    assert not connection.in_atomic_block
    assert list(AuditRow.objects.values_list("act", flat=True)) == ["evidence.asked"]
    assert client.get("/").status_code == 200


def test_the_command_writes_the_same(retail: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, file = builders.deployment(retail), tmp_path / "e.zip"
    code, printed = run(capsys, "deployment", str(one.pk), "--site", "retail", "-o", str(file), "--json")
    said = json.loads(printed)
    raw = file.read_bytes()
    assert (code, said["file"], said["sha256"]) == (0, str(file), hashlib.sha256(raw).hexdigest())
    found = zipfile.ZipFile(io.BytesIO(raw))
    assert said["manifest_sha256"] == hashlib.sha256(found.read("manifest.json")).hexdigest()
    assert said["files"] == len(found.namelist())
    answer = of_role("auditor", retail).get(f"/evidence/deployment/{one.pk}/")
    assert answer.getvalue() == raw  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == [file]


def test_its_exit_codes(retail: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builders.deployment(retail)
    of_site = ("--site", "retail", "-o", str(tmp_path / "e.zip"))
    assert run(capsys, "deployment", "999999", *of_site) == (1, "There is no deployment '999999' on retail.\n")
    assert run(capsys, "issue", "SHOP-9", *of_site) == (1, "Nothing touched the issue SHOP-9.\n")
    assert run(capsys, "build", "1", "--site", "nowhere")[0] == 1
    assert run(capsys, "deletion", "all", *of_site)[0] == 2
    assert run(capsys, "deployment", "[", *of_site)[0] == 2
    assert run(capsys, "issue", "SHOP-1", "--site", "retail", "-o", "/nowhere/at/all") == (
        *(2, "The file cannot be written: No such file or directory, /nowhere/at/all.part.\n"),
    )
    assert list(tmp_path.iterdir()) == []
