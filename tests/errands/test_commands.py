"""`manage.py resend` and `manage.py verify`."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from devops_sync import errands
from devops_sync.delivery import reading
from devops_sync.management import bar
from devops_sync.management import errand as watching
from devops_sync.models import Deployment, Entry, Errand, Site, Submission
from tests import builders
from tests.errands.conftest import everything, state, work
from tests.sandbox_process import Sandbox


@pytest.fixture(autouse=True)
def _a_worker_works_while_the_command_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(seconds: float) -> None:
        work(Errand.objects.latest("pk"))

    monkeypatch.setattr(watching, "time", SimpleNamespace(sleep=wait))


def run(command: str, **options: Any) -> tuple[int, str]:
    """The exit code and what was printed."""
    said, code = io.StringIO(), 0
    try:
        call_command(command, site="demo", stdout=said, stderr=said, **options)
    except SystemExit as end:
        code = int(str(end.code))
    return code, said.getvalue()


def test_everything_is_sent_again(filled: Site, sandbox: Sandbox) -> None:
    before = state(sandbox)
    sandbox.reset()
    code, said = run("resend", all=True, yes=True)
    errand = Errand.objects.get()
    assert (code, said) == (0, f"Resend {errand.pk} is done: 10 accepted, 0 rejected.\n")
    assert state(sandbox) == before
    assert Submission.objects.filter(errand=errand)[0].sender == "command line"


def test_what_is_rejected_is_named(filled: Site, sandbox: Sandbox) -> None:
    Entry.objects.filter(kind="build", key__endswith=",1]").update(payload='{"no": "build"}')
    code, said = run("resend", kind=["build"], yes=True, json=True)
    facts = json.loads(said)
    assert (code, facts["accepted"], facts["rejected"]) == (1, 1, 1)
    assert [one["key"] for one in facts["rejections"]] == ['["checkout-api",1]']


@pytest.mark.parametrize("command", ["resend", "verify"])
def test_what_a_shell_hands_over_need_be_no_text(
    command: str, filled: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, pipeline="\udcff", plan_only=True)[0] == 2
    assert run(command, property=["team=\udcff"], plan_only=True)[0] == 2
    assert capsys.readouterr().err == "What was given to the command is not UTF-8.\n" * 2


@pytest.mark.parametrize("day", ["2020-01-01T00:00+23:00", "2020-01-01T00:00-23:59"])
def test_a_time_zone_may_be_any(day: str, filled: Site) -> None:
    assert run("resend", start=day, plan_only=True)[0] == 0


def test_a_plan_is_only_printed(filled: Site) -> None:
    code, said = run("resend", pipeline="checkout-api", plan_only=True)
    assert code == 0
    assert said.startswith("Resend of pipeline checkout-api: 4 deployments, 2 builds.\n3 requests; a few seconds")
    assert not Errand.objects.exists()


@pytest.mark.parametrize(
    ("options", "total"),
    [
        ({"kind": ["commit", "branch"]}, 2),
        ({"environment": "staging"}, 4),
        ({"environment_type": "production"}, None),
        ({"state": "successful"}, 6),
        # Two builds, a commit, a branch, a pull request, and the repository that they lie in.
        ({"issue": "shop-1"}, 6),
        ({"property": ["account=a"]}, 2),
        ({"start": "2018-01-01", "end": "2018-01-20"}, 4),
        ({"kind": ["deployment"], "history": True}, 5),
    ],
)
def test_filters_choose(filled: Site, options: dict[str, Any], total: int | None) -> None:
    code, said = run("resend", plan_only=True, json=True, **options)
    found = json.loads(said)["total"] if code == 0 else None
    assert (code, found) == (1 if total is None else 0, total)


def test_a_submission_is_chosen_by_its_id(filled: Site) -> None:
    first = Submission.objects.order_by("id")[0]
    assert json.loads(run("resend", submission=str(first.pk), plan_only=True, json=True)[1])["total"] == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"all": True, "pipeline": "a"},
        {"property": ["account"]},
        {"start": "yesterday"},
        {"submission": "7"},
        {"kind": ["commit"], "pipeline": "a"},
    ],
)
def test_wrong_use_is_said_in_a_sentence(site: Site, options: dict[str, Any]) -> None:
    code, said = run("resend", yes=True, **options)
    assert (code, said.count("\n"), Errand.objects.count()) == (2, 1, 0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"state": "bogus"}, "'bogus' is no state. It is pending, in_progress, successful, failed, rolled_back,"),
        ({"environment_type": "prod"}, "'prod' is no environment type. It is development, testing, staging, produc"),
        ({"kind": ["deployment", "deploy"]}, "'deploy' is no kind. It is deployment, build, repository, commit,"),
    ],
)
def test_a_word_that_nothing_can_have_is_wrong_use(site: Site, options: dict[str, Any], sentence: str) -> None:
    code, said = run("verify", yes=True, **options)
    assert (code, said[: len(sentence)]) == (2, sentence)


def test_without_a_terminal_it_says_now_and_then_how_far_it_is(
    filled: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar, "LINE_SECONDS", 0.0)
    run("resend", all=True, yes=True)
    assert capsys.readouterr().err == f"Resend {Errand.objects.get().pk}: 0 of 10\n"


def test_what_merely_happened_is_not_printed(filled: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert run("resend", all=True, yes=True)[0] == 0
    assert not [one for one in caplog.records if "was started by" in one.getMessage()]


def test_without_a_terminal_nothing_starts_by_itself(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devops_sync.management.asking.Asking.stdin", io.StringIO("y\n"))
    assert run("resend", all=True)[0] == 2
    assert Errand.objects.get().state == "cancelled"


def test_interrupted_it_goes_on(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "time", SimpleNamespace(sleep=interrupt))
    code, said = run("resend", all=True, yes=True)
    assert (code, "goes on without this command" in said) == (130, True)
    assert work(Errand.objects.get()).state == "done"


def test_what_jira_lacks_is_named(filled: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", ())
    state(sandbox)
    assert run("verify", all=True, yes=True)[0] == 0
    sandbox.client().delete(f"{sandbox.base('builds')}/pipelines/checkout-api/builds/1")
    code, said = run("verify", kind=["build"], yes=True)
    assert code == 1
    assert said.startswith("build checkout-api / 1: missing")
    assert said.endswith("is done: 1 confirmed, 1 missing, 0 different.\n")


def test_pages_say_that_it_was_sent_again(filled: Site, client: Client) -> None:
    client.force_login(builders.user("auditor"))
    errand = errands.plan_resend(filled, everything(), None, "everything", timezone.now())
    errands.start(errand, None, timezone.now())
    work(errand)
    deployment = Deployment.objects.order_by("pk")[0]
    assert "Sent again." in client.get(f"/deployments/{deployment.pk}/").content.decode()
    page = client.get(f"/submissions/{Submission.objects.filter(errand=errand)[0].pk}/")
    assert "asked for by command line" in page.content.decode()
    assert client.get("/submissions/").status_code == 200
