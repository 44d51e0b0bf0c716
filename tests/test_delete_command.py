"""`manage.py delete`: previewed, agreed to by its number, run and proven."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from devops_sync.kinds import KINDS
from devops_sync.management.commands import delete
from devops_sync.models import Cleanup, Deployment, Site
from tests.cleanups.conftest import _patience_is_short as _patience_is_short
from tests.cleanups.conftest import work
from tests.errands.conftest import Send, state
from tests.errands.conftest import filled as filled
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site
from tests.payloads import deployment
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
OF_KINDS = {
    "deployment": ["checkout-api", "staging", "1"],
    "build": ["checkout-api", "1"],
    "repository": ["r1"],
    "commit": ["r1", "abc123"],
    "branch": ["r1", "main"],
    "pull_request": ["r1", "7"],
}


@pytest.fixture(autouse=True)
def _a_worker_works_while_the_command_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(seconds: float) -> None:
        work(Cleanup.objects.latest("pk"))

    monkeypatch.setattr(delete, "time", SimpleNamespace(sleep=wait))


def run(*arguments: str, at: str = "demo") -> tuple[int, str, str]:
    """The exit code, and what was printed where."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("delete", "--site", at, *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        code = int(str(end.code))
    except CommandError as wrong:
        code = wrong.returncode
    return code, out.getvalue(), err.getvalue()


def previewed(*arguments: str) -> dict[str, Any]:
    code, out, err = run(*arguments, "--preview", "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_preview_counts_each_kind_and_leaves_nothing_behind(filled: Site, send: Send) -> None:
    send("deployments", deployment(7), properties={"account": "a"}, go=False)
    found = previewed("--property", "account=a")
    fingerprint = found.pop("fingerprint")
    kinds = dict.fromkeys(("builds", "repositories", "commits", "branches", "pull_requests"), 0)
    assert found == {"deployments": 2, **kinds, "waiting": 1}
    assert len(fingerprint) == 64
    assert not Cleanup.objects.exists()


def test_the_same_preview_has_the_same_fingerprint_and_another_has_another(filled: Site, send: Send) -> None:
    first = previewed("--property", "account=a")
    assert previewed("--property", "account=a") == first
    send("deployments", deployment(1, sequence=2), properties={"account": "a"})
    assert previewed("--property", "account=a")["fingerprint"] != first["fingerprint"]


@pytest.mark.parametrize("kind", OF_KINDS)
def test_one_of_each_kind_goes_by_its_key(kind: str, filled: Site, sandbox: Sandbox) -> None:
    many = 4 if kind == "repository" else 1
    before = sum(map(len, state(sandbox).values()))
    code, out, err = run("--key", kind, *OF_KINDS[kind], "--yes", str(many), "--reason", "Wrong.", "--json")
    assert (code, json.loads(out)["state"], err) == (0, "proven", "")
    assert before - sum(map(len, state(sandbox).values())) == many


def test_with_the_number_it_runs_and_says_where_its_report_is(filled: Site, sandbox: Sandbox) -> None:
    code, out, _ = run("--property", "account=a", "--yes", "2", "--reason", "Account closed")
    cleanup = Cleanup.objects.get()
    digest = bytes(cleanup.report_sha256 or b"").hex()
    assert code == 0
    assert out.splitlines() == [
        f"Deletion {cleanup.pk}: proven, 2 entities.",
        f"Report: /deletions/{cleanup.pk}/report.json",
        f"SHA-256: {digest}",
    ]
    assert (cleanup.reason, len(state(sandbox)["deployment"])) == ("Account closed", 2)


def test_json_is_all_that_is_printed(filled: Site) -> None:
    code, out, err = run("--property", "account=a", "--yes", "2", "--reason", "Closed", "--json")
    cleanup = Cleanup.objects.get()
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "deletion": cleanup.pk,
        "state": "proven",
        "total": 2,
        "stopped_for": "",
        "report": f"/deletions/{cleanup.pk}/report.json",
        "sha256": bytes(cleanup.report_sha256 or b"").hex(),
    }


def test_with_another_number_nothing_is_deleted(filled: Site) -> None:
    code, out, err = run("--property", "account=a", "--yes", "3", "--reason", "Closed", "--json")
    assert (code, out) == (1, "")
    assert err == "The preview shows 2 entities: type that number. Nothing was deleted.\n"
    assert not Cleanup.objects.exists()
    assert Deployment.objects.filter(deleted_at=None).count() == 4


def test_an_api_can_be_chosen(filled: Site) -> None:
    assert previewed("--property", "account=a", "--api", "builds")["deployments"] == 0
    assert previewed("--property", "account=a", "--api", "builds", "--api", "deployments")["deployments"] == 2


def test_it_need_not_be_waited_for(filled: Site) -> None:
    code, out, _ = run("--property", "account=a", "--yes", "2", "--reason", "Closed", "--no-wait", "--json")
    cleanup = Cleanup.objects.get()
    assert code == 0
    assert json.loads(out) == {"deletion": cleanup.pk, "state": "delayed", "page": f"/deletions/{cleanup.pk}/"}


def test_a_delay_is_kept(filled: Site) -> None:
    assert run("--property", "account=a", "--yes", "2", "--reason", "Closed", "--delay", "5m", "--no-wait")[0] == 0
    cleanup = Cleanup.objects.get()
    assert (cleanup.delay, cleanup.state) == (300, Cleanup.State.DELAYED)
    assert cleanup.starts_at is not None
    assert cleanup.confirmed_at is not None
    assert (cleanup.starts_at - cleanup.confirmed_at).total_seconds() == 300


def test_above_the_sites_limit_it_waits_for_an_admin(filled: Site) -> None:
    Site.objects.update(approval_above=1)
    code, out, _ = run("--property", "account=a", "--yes", "2", "--reason", "Closed", "--no-wait", "--json")
    assert (code, json.loads(out)["state"]) == (0, "awaiting")
    assert Deployment.objects.filter(deleted_at=None).count() == 4


def test_what_stopped_is_no_success(filled: Site, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(seconds: float) -> None:
        send("deployments", deployment(8), properties={"account": "a"}, go=False)
        work(Cleanup.objects.latest("pk"))

    monkeypatch.setattr(delete, "time", SimpleNamespace(sleep=wait))
    code, out, _ = run("--property", "account=a", "--yes", "2", "--reason", "Closed", "--json")
    assert (code, json.loads(out)["state"]) == (1, "stopped")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--property", "account=a", "--key", "build", "p", "1"],
        ["--property", "account"],
        ["--property", "=a"],
        ["--property", "account=a", "--property", "account=b"],
        ["--key", "flag", "x"],
        ["--key", "build", "checkout-api"],
        ["--key", "build", "checkout-api", "first"],
        ["--key", "build", "checkout-api", "1", "--api", "builds"],
        ["--property", "account=a", "--delay", "soon"],
        ["--property", "account=a", "--delay", "8d", "--yes", "2", "--reason", "x"],
        ["--property", "_updateSequenceId=7", "--property", "account=a"],
        ["--property", "a:b=c"],
        [part for key in "abcdef" for part in ("--property", f"{key}=1")],
    ],
)
def test_wrong_use_is_said_in_a_sentence(arguments: list[str], filled: Site) -> None:
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not Cleanup.objects.exists()


def test_what_a_shell_hands_over_need_be_no_text(filled: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--property", "account=\udcff", "--preview")[:2] == (2, "")
    assert capsys.readouterr().err == "What was given to the command is not UTF-8.\n"


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_without_a_reason_nothing_happens(reason: list[str], filled: Site) -> None:
    code, out, err = run("--property", "account=a", "--yes", "2", *reason)
    assert (code, out, err) == (2, "", "Give a --reason: it stands in the report.\n")


def test_a_site_that_is_not_there_is_said(db: None) -> None:
    code, out, err = run("--property", "a=b", "--preview", at="nowhere")
    assert (code, out, err) == (1, "", "There is no site with the name 'nowhere'.\n")


def test_where_nobody_can_be_asked_it_says_so(filled: Site) -> None:
    code, out, _ = run("--property", "account=a", "--json")
    assert (code, out, Cleanup.objects.exists()) == (2, "", False)


def test_every_kind_can_be_named() -> None:
    assert set(OF_KINDS) == set(KINDS) == set(delete._PLURALS)
