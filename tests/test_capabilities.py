"""What a credential may do with each API, asked of Jira without leaving anything there."""

import time

import pytest
from django.utils import timezone

from devops_sync import sites
from devops_sync.delivery import clients
from devops_sync.models import Site
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["oauth", "connect"])
def site(request: pytest.FixtureRequest, sandbox: Sandbox) -> Site:
    credential = (sandbox.client_id, sandbox.client_secret) if request.param == "oauth" else sandbox.connect_app()
    auth = Site.Auth(request.param)
    return sites.connect("demo", sandbox.url, *credential, timezone.now(), auth=auth, allow_private=True)


def told(site: Site) -> dict[str, tuple[bool | None, bool | None, bool | None]]:
    return {found.api: (found.read, found.write, found.delete) for found in sites.capabilities(site)}


def test_a_credential_with_every_permission_reads_and_writes(site: Site) -> None:
    assert set(told(site).values()) == {(True, True, None)}


@pytest.mark.parametrize(("scope", "expected"), [("READ", (True, False, None)), ("WRITE", (False, True, None))])
def test_scopes_are_told_apart(sandbox: Sandbox, site: Site, scope: str, expected: tuple[bool, bool, None]) -> None:
    sandbox.permit("deployments", "builds", "devinfo", scope, client_id=site.client_id)
    assert set(told(site).values()) == {expected}


def test_apis_are_told_apart(sandbox: Sandbox, site: Site) -> None:
    sandbox.permit("builds", "READ", "WRITE", client_id=site.client_id)
    no = (False, False, None)
    assert told(site) == {"deployments": no, "builds": (True, True, None), "devinfo": no}


def test_a_wrong_secret_may_do_nothing_and_the_reason_is_given(site: Site) -> None:
    site.secret = "another secret of more than thirty-two bytes"
    found = sites.capabilities(site)
    assert set(told(site).values()) == {(False, False, False)}
    assert all("401" in one.problem for one in found)


def test_a_refusal_that_quotes_the_secret_is_told_without_it(sandbox: Sandbox) -> None:
    site = sites.connect("demo", sandbox.url, "somebody", "a word", timezone.now(), allow_private=True)
    body = '{"error_description": "a word is no secret of somebody"}'
    sandbox.settings(answer={"path": "/oauth/token", "status": 401, "body": body})
    assert "struck out is no secret of somebody" in sites.capabilities(site)[0].problem


def test_of_a_jira_that_fails_nothing_is_claimed(sandbox: Sandbox, site: Site) -> None:
    sandbox.settings(faults="500=1")
    assert set(told(site).values()) == {(None, None, None)}


def test_asking_leaves_nothing_in_jira(sandbox: Sandbox, site: Site) -> None:
    sites.capabilities(site)
    assert not any(sandbox.state()["credentials"].values())


def test_a_credential_is_tried_with_a_fresh_token(sandbox: Sandbox, site: Site) -> None:
    clients.client_of(site).ask(clients.client_of(site).submission("builds", b'{"builds":[]}'))
    site.secret = "another secret of more than thirty-two bytes"
    assert set(told(site).values()) == {(False, False, False)}


def test_what_was_found_is_kept_with_the_site(sandbox: Sandbox, site: Site) -> None:
    sandbox.permit("builds", "READ", client_id=site.client_id)
    now = timezone.now()
    sites.examine(site, now)
    kept = Site.objects.get()
    assert kept.capabilities_at == now
    assert kept.capabilities["builds"] == {
        "READ": True,
        "WRITE": False,
        "DELETE": None,
        "problem": "Jira answers 403 to writing.",
    }


def test_what_an_old_credential_could_do_is_not_kept_beside_a_new_one(sandbox: Sandbox, site: Site) -> None:
    outdated = Site.objects.get()
    site.secret = "another secret of more than thirty-two bytes"
    site.save()
    sites.examine(outdated, timezone.now())
    assert Site.objects.get().capabilities == {}


def test_a_jira_that_hangs_is_not_waited_for_longer_than_people_wait(
    sandbox: Sandbox, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.settings(faults="timeout=1")
    monkeypatch.setattr(sites, "PATIENCE_SECONDS", 0.5)
    began = time.monotonic()
    found = sites.examine(site, timezone.now())
    assert time.monotonic() - began < 3
    assert [one.problem for one in found[1:]] == ["No time was left to ask."] * 2


@pytest.mark.parametrize("wrong", ["secret", "client_id"])
def test_a_credential_that_jira_refuses_does_not_replace_one(sandbox: Sandbox, site: Site, wrong: str) -> None:
    given = {"client_id": site.client_id, "secret": site.secret, wrong: "another text of more than thirty-two bytes"}
    with pytest.raises(sites.Wrong, match="401"):
        sites.replace_credential(site, now=timezone.now(), **given)
    kept = Site.objects.get()
    assert (kept.client_id, kept.secret) == (site.client_id, site.secret)


def test_a_credential_that_could_not_be_tried_does_not_replace_one(sandbox: Sandbox, site: Site) -> None:
    sandbox.settings(faults="500=1")
    with pytest.raises(sites.Silent, match=r"could not be tried\. Jira answers 500"):
        sites.replace_credential(site, site.client_id, site.secret, timezone.now())
    assert Site.objects.get().capabilities_at is None


def test_a_site_is_not_connected_with_a_credential_that_jira_refuses(sandbox: Sandbox) -> None:
    with pytest.raises(sites.Wrong, match="Jira refused the credential with 401") as refused:
        sites.connect(
            *("demo", sandbox.url, sandbox.client_id, "wrong"), timezone.now(), allow_private=True, if_it_works=True
        )
    assert refused.value.about == "secret"
    assert not Site.objects.exists()
