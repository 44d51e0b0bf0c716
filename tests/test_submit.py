"""`manage.py submit`: files are taken as the gateway would take them."""

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from devops_sync.models import Deployment, Entry, Site, Submission
from tests import builders
from tests.payloads import MISSING, build, bulk, bulk_of, commit, deployment, repository


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


def submit(*files: object, **options: Any) -> tuple[int, str]:
    """The exit code and what was printed."""
    said, code = io.StringIO(), 0
    try:
        call_command("submit", *map(str, files), site="retail", stdout=said, stderr=said, **options)
    except SystemExit as end:
        code = int(str(end.code))
    return code, said.getvalue()


def test_a_file_is_one_body(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text(json.dumps({"deployments": [deployment(1), deployment(2)]}, indent=2))
    assert submit(file) == (0, "1 body, 2 entities: 2 taken, 0 refused.\n")
    submission = Submission.objects.get()
    assert (bytes(submission.raw), submission.sender) == (file.read_bytes(), "command line")
    assert submission.path == f"manage.py submit {file}:1"
    assert Deployment.objects.count() == 2


def test_a_file_may_hold_a_body_a_line_for_any_of_the_apis(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "history"
    lines = [bulk(deployment()), b"", bulk_of("builds", build()), bulk_of("devinfo", repository(commits=[commit()]))]
    file.write_bytes(b"\n".join(lines))
    assert submit(file) == (0, "3 bodies, 4 entities: 4 taken, 0 refused.\n")
    assert list(Submission.objects.order_by("id").values_list("api", flat=True)) == ["deployments", "builds", "devinfo"]


def test_refused_lines_are_named_with_their_numbers(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "history.ndjson"
    lines = [bulk(deployment(1)), bulk(deployment(2, url=MISSING), deployment(3)), b"{", b"[]", bulk()]
    file.write_bytes(b"\n".join(lines))
    code, said = submit(file)
    assert code == 1
    assert said.splitlines() == [
        f"{file}:2: deployment checkout-api / staging / 2: 'url' is required",
        f"{file}:3: refused whole: This is no JSON object with deployments, builds or repositories.",
        f"{file}:4: refused whole: This is no JSON object with deployments, builds or repositories.",
        f"{file}:5: refused whole: 'deployments' must have at least 1 element",
        "5 bodies, 3 entities: 2 taken, 4 refused.",
    ]
    refused = Submission.objects.get(status=400)
    assert (bytes(refused.raw), refused.sender) == (bulk(), "command line")


def test_programs_get_json(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(bulk(deployment(1, url=MISSING)))
    code, said = submit(file, json=True)
    assert (code, json.loads(said)) == (
        1,
        {
            "submissions": 1,
            "entities": 1,
            "taken": 0,
            "refused": [
                {
                    "file": str(file),
                    "line": 1,
                    "key": "deployment checkout-api / staging / 1",
                    "message": "'url' is required",
                }
            ],
        },
    )


def test_standard_input_is_taken(retail: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(bulk(deployment()) + b"\n")))
    assert submit("-")[0] == 0
    assert Submission.objects.get().path == "manage.py submit standard input:1"


def test_the_api_can_be_named(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(bulk(deployment()))
    assert submit(file, api="builds") == (
        1,
        f"{file}:1: refused whole: 'builds' is required\n1 body, 0 entities: 0 taken, 1 refused.\n",
    )


@override_settings(LARGEST_BODY=100)
def test_a_body_that_is_too_large_is_refused(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(bulk(deployment()))
    assert submit(file)[0] == 1
    refused = Submission.objects.get()
    # It is not kept, so nothing is said of its bytes.
    assert (refused.status, refused.size, refused.raw, refused.sha256) == (413, file.stat().st_size, None, None)


def test_a_files_name_may_be_any_bytes(retail: Site, tmp_path: Path) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json")
    Path(file).write_bytes(bulk(deployment(1), deployment(2, url=MISSING)))
    code, said = submit(file)
    assert (code, "\N{REPLACEMENT CHARACTER}.json:1: deployment checkout-api" in said) == (1, True)
    assert Submission.objects.get().path.endswith("/\N{REPLACEMENT CHARACTER}.json:1")


def test_nothing_is_taken_when_a_file_is_missing(retail: Site, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(bulk(deployment()))
    assert submit(file, tmp_path / "missing.json") == (2, f"There is no file {tmp_path / 'missing.json'}.\n")
    assert not Entry.objects.exists()


def test_a_site_that_is_not_there_is_said(db: None, tmp_path: Path) -> None:
    assert submit("-") == (1, "There is no site with the name 'retail'.\n")
