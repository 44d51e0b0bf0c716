"""The commands that set Waybill up: sites, tokens, users."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from devops_sync.models import Grant, Site, Token, User
from tests import builders
from tests.gateway.conftest import make_site
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> tuple[int, str]:
    """The exit code of a command and all that it said."""
    said = io.StringIO()
    code = 0
    if monkeypatch is not None:
        monkeypatch.setattr(f"devops_sync.management.commands.{name}.Command.stdin", io.StringIO(stdin))
    try:
        call_command(name, *arguments, stdout=said, stderr=said)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, said.getvalue()


class TestAddSite:
    def test_it_asks_the_site_for_its_cloud_id(
        self, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOW_PRIVATE_UPSTREAM = True
        code, said = run(
            *("add_site", "retail", "--url", sandbox.url, "--client-id", sandbox.client_id, "--json"),
            stdin=f"{sandbox.client_secret}\n",
            monkeypatch=monkeypatch,
        )
        apis = {
            api: {"READ": True, "WRITE": True, "DELETE": None, "problem": ""}
            for api in ("deployments", "builds", "devinfo")
        }
        assert (code, json.loads(said)) == (0, {"slug": "retail", "cloud_id": sandbox.cloud_id, "apis": apis})
        site = Site.objects.get()
        assert (site.secret, site.is_sandbox) == (sandbox.client_secret, True)

    def test_the_secret_may_stand_in_the_environment(
        self, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOW_PRIVATE_UPSTREAM = True
        monkeypatch.setenv("WAYBILL_SITE_SECRET", "from the environment")
        assert run("add_site", "retail", "--url", sandbox.url, "--client-id", "abc")[0] == 0
        assert Site.objects.get().secret == "from the environment"

    def test_a_private_address_is_refused_unless_the_installation_allows_it(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, said = run(
            *("add_site", "retail", "--url", sandbox.url, "--client-id", "abc"), stdin="s\n", monkeypatch=monkeypatch
        )
        assert (code, "only https is allowed" in said) == (1, True)

    def test_a_site_that_does_not_answer_is_exit_3(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.ALLOW_PRIVATE_UPSTREAM = True
        code, said = run(
            *("add_site", "retail", "--url", "http://127.0.0.1:9", "--client-id", "abc"),
            stdin="s\n",
            monkeypatch=monkeypatch,
        )
        assert (code, said.strip()) == (3, "http://127.0.0.1:9 does not answer: the connection was refused.")

    def test_a_name_that_is_taken_is_told_before_jira_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        builders.site("retail")
        code, said = run(
            *("add_site", "retail", "--url", "https://127.0.0.1:9", "--client-id", "abc"),
            stdin="s\n",
            monkeypatch=monkeypatch,
        )
        assert (code, "A site is named 'retail' already" in said) == (1, True)

    def test_a_jira_that_is_connected_is_told_with_its_name(
        self, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOW_PRIVATE_UPSTREAM = True
        for slug, expected in (("retail", 0), ("shop", 1)):
            code, said = run(
                *("add_site", slug, "--url", sandbox.url, "--client-id", sandbox.client_id),
                stdin=f"{sandbox.client_secret}\n",
                monkeypatch=monkeypatch,
            )
            assert code == expected
        assert "is connected already, as 'retail'" in said

    def test_it_connects_as_a_connect_app_and_says_what_the_app_may_do(
        self, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOW_PRIVATE_UPSTREAM = True
        key, secret = sandbox.connect_app()
        sandbox.permit("deployments", "READ", client_id=key)
        code, said = run(
            *("add_site", "retail", "--url", sandbox.url, "--connect-key", key),
            stdin=f"{secret}\n",
            monkeypatch=monkeypatch,
        )
        assert (code, Site.objects.get().auth) == (0, "connect")
        assert said.splitlines()[1:] == [
            "deployments  READ yes, WRITE no, DELETE not known. Jira answers 403 to writing.",
            "builds       READ no, WRITE no, DELETE not known. "
            "Jira answers 403 to reading. Jira answers 403 to writing.",
            "devinfo      READ no, WRITE no, DELETE not known. "
            "Jira answers 403 to reading. Jira answers 403 to writing.",
        ]

    def test_a_client_id_and_a_connect_key_are_one_too_many(self) -> None:
        both = ("--client-id", "abc", "--connect-key", "abc")
        with pytest.raises(CommandError, match="not allowed with"):
            call_command("add_site", "retail", "--url", "https://x.example", *both)

    @pytest.mark.parametrize("slug", ["", "Retail", "a b", "-x", "x" * 61, "a/b", "connect"])
    def test_a_wrong_name_is_refused(self, slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
        code, said = (
            run(
                *("add_site", slug, "--url", "https://x.example", "--client-id", "abc"),
                stdin="s\n",
                monkeypatch=monkeypatch,
            )
            if not slug.startswith("-")
            else run(
                *("add_site", "--url", "https://x.example", "--client-id", "abc", "--", slug),
                stdin="s\n",
                monkeypatch=monkeypatch,
            )
        )
        assert (code, "short name" in said) == (2, True)


class TestCreateToken:
    def test_it_prints_credentials_once(self) -> None:
        make_site()
        code, said = run("create_token", "ci", "--site", "retail", "--scopes", "write,read", "--json")
        made = json.loads(said)
        assert code == 0
        assert {**made, "client_id": "", "client_secret": "", "token": ""} == {
            "name": "ci",
            "site": "retail",
            "client_id": "",
            "client_secret": "",
            "token": "",
            "scopes": ["read", "write"],
        }
        token = Token.objects.get()
        assert token.generation_of(made["client_secret"], timezone.now()) == 1
        assert made["token"].encode() not in bytes(token.bearer_hash)

    def test_it_can_run_out(self) -> None:
        make_site()
        assert run("create_token", "ci", "--site", "retail", "--expires", "90d")[0] == 0
        expires_at = Token.objects.get().expires_at
        assert expires_at is not None
        assert 89 <= (expires_at - timezone.now()).days <= 90

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["ci", "--site", "nowhere"], 1),
            (["ci", "--site", "retail", "--scopes", "admin"], 2),
            (["ci", "--site", "retail", "--scopes", ","], 2),
            (["", "--site", "retail"], 2),
            (["ci", "--site", "retail", "--expires", "soon"], 2),
        ],
    )
    def test_what_cannot_be_is_said_in_one_sentence(self, arguments: list[str], code: int) -> None:
        make_site()
        ended, said = run("create_token", *arguments)
        assert (ended, said.strip().count("\n")) == (code, 0)
        assert said.strip().endswith(".")

    def test_a_name_is_given_once(self) -> None:
        make_site()
        assert run("create_token", "ci", "--site", "retail")[0] == 0
        assert run("create_token", "ci", "--site", "retail")[0] == 1


class TestCreateUser:
    def test_a_password_is_made_when_none_is_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, said = run("create_user", "ada", "--role", "auditor", "--json", monkeypatch=monkeypatch)
        made = json.loads(said)
        assert (code, made["username"], made["role"]) == (0, "ada", "auditor")
        assert User.objects.get().check_password(made["password"])
        assert Grant.objects.get().site is None

    def test_a_password_that_is_given_is_not_printed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, said = run(
            "create_user", "ada", "--role", "viewer", stdin="correct horse battery\n", monkeypatch=monkeypatch
        )
        assert (code, "correct horse" in said) == (0, False)
        assert User.objects.get().check_password("correct horse battery")
        assert User.objects.get().password.startswith("argon2")

    @pytest.mark.parametrize(
        ("name", "role", "password"), [("ada", "boss", ""), ("ada", "viewer", "short"), ("", "viewer", "")]
    )
    def test_what_cannot_be_is_refused(
        self, name: str, role: str, password: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, _ = run("create_user", name, "--role", role, stdin=f"{password}\n", monkeypatch=monkeypatch)
        assert code in (1, 2)
        assert not User.objects.exists()
