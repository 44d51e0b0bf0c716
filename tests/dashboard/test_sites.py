"""The pages of sites: connecting one, what its credential may do, giving it another."""

import datetime as dt
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import sites
from devops_sync.models import Gate, Lane, Site
from tests import builders
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db
NEW_SECRET = "another secret of more than thirty-two bytes"


@pytest.fixture
def owner(db: None) -> Client:
    """A browser of an admin of all sites."""
    client = Client()
    client.force_login(builders.user("admin"))
    return client


@pytest.fixture
def private_allowed(settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAM = True


@pytest.fixture
def given(sandbox: Sandbox, private_allowed: None) -> dict[str, str]:
    """What connects the sandbox."""
    return {
        "slug": "trial",
        "url": sandbox.url,
        "auth": "oauth",
        "client_id": sandbox.client_id,
        "secret": sandbox.client_secret,
        "api_url": "",
    }


@pytest.fixture
def trial(sandbox: Sandbox, private_allowed: None) -> Site:
    return sites.connect("trial", sandbox.url, sandbox.client_id, sandbox.client_secret, timezone.now())


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return said(answer)


def said(answer: Any) -> str:
    return unescape(" ".join(answer.content.decode().split()))


def problem(answer: Any, name: str) -> str:
    """What stands beside a field."""
    page = said(answer)
    _, found, rest = page.partition(f'id="{name}-problem">')
    assert found, f"nothing stands beside {name}"
    return rest.partition("<span>")[2].partition("</span>")[0]


def row(page: str, word: str) -> list[str]:
    """The words of a table's row, cell by cell."""
    cells = page.partition(f'<th scope="row" class="nowrap">{word}</th>')[2].partition("</tr>")[0].split("</td>")
    return [cell.rpartition("</svg>")[2].partition("</span>")[0].rpartition(">")[2].strip() for cell in cells[:-1]]


# ── The list ───────────────────────────────────────────────────────────────────────────────────────


def test_the_list_has_the_sites_that_somebody_may_see(retail: Site, foreign: Site, viewer: Client) -> None:
    page = text(viewer, "/sites/")
    assert "retail.example" in page
    assert retail.cloud_id in page
    assert "foreign" not in page


def test_the_list_says_how_each_lane_is_doing(retail: Site, viewer: Client) -> None:
    builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    page = text(viewer, "/sites/")
    assert "</svg>Held</span>" in page
    assert page.count("none yet") == 2


def test_only_an_admin_of_all_sites_is_offered_to_connect_one(
    owner: Client, admin: Client, signed_in: Callable[..., Client]
) -> None:
    browsers = [owner, admin, signed_in("viewer"), signed_in("release-manager", everywhere=True)]
    assert ["/sites/connect/" in text(browser, "/sites/") for browser in browsers] == [True, False, False, False]
    assert [browser.get("/sites/connect/").status_code for browser in browsers] == [200, 403, 403, 403]
    assert [browser.post("/sites/connect/").status_code for browser in browsers] == [400, 403, 403, 403]


# ── Connecting ─────────────────────────────────────────────────────────────────────────────────────


def test_connecting_leads_to_the_site_and_what_its_credential_may_do(
    owner: Client, sandbox: Sandbox, given: dict[str, str]
) -> None:
    answer = owner.post("/sites/connect/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/sites/trial/")
    page = text(owner, "/sites/trial/")
    assert "trial is connected." in page
    assert row(page, "Builds") == ["Yes", "Yes", "Not known", ""]
    made = Site.objects.get(slug="trial")
    assert (made.cloud_id, made.secret, made.is_sandbox) == (sandbox.cloud_id, sandbox.client_secret, True)
    assert Lane.objects.filter(site=made).count() == 3


def test_a_connect_app_is_connected_by_its_key(owner: Client, sandbox: Sandbox, given: dict[str, str]) -> None:
    key, secret = sandbox.connect_app()
    answer = owner.post("/sites/connect/", given | {"auth": "connect", "client_id": key, "secret": secret})
    assert answer.status_code == 302
    assert Site.objects.get(slug="trial").is_app


@pytest.mark.parametrize("api", ["deployments", "builds", "devinfo"])
def test_an_api_that_the_credential_may_not_use_is_named(
    owner: Client, sandbox: Sandbox, given: dict[str, str], api: str
) -> None:
    others = {"deployments": "Deployments", "builds": "Builds", "devinfo": "Development information"}
    word = others.pop(api)
    sandbox.permit(*others, "READ", "WRITE", client_id=sandbox.client_id)
    owner.post("/sites/connect/", given)
    page = text(owner, "/sites/trial/")
    assert row(page, word) == ["No", "No", "Not known", "Jira answers 403 to reading. Jira answers 403 to writing."]
    assert all(row(page, other)[:2] == ["Yes", "Yes"] for other in others.values())


@pytest.mark.parametrize("auth", ["oauth", "connect"])
def test_a_wrong_secret_is_told_beside_its_field_and_never_shown(
    owner: Client, sandbox: Sandbox, given: dict[str, str], auth: str
) -> None:
    wrong = given | {"auth": auth, "secret": NEW_SECRET}
    if auth == "connect":
        wrong["client_id"] = sandbox.connect_app()[0]
    answer = owner.post("/sites/connect/", wrong)
    assert answer.status_code == 400
    assert "401" in problem(answer, "secret")
    assert NEW_SECRET not in said(answer)
    assert not Site.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "Not A Name", "The site's short name must be made of a to z"),
        ("slug", "connect", "a page has that address"),
        ("url", "", "is no web address"),
        ("url", "http://127.0.0.1:9", "does not answer: the connection was refused"),
        ("url", "https://" + "a" * 600, "500 characters at most"),
        ("url", "https://user:word@retail.example", "must not contain a user name or a password"),
        ("url", "retail\0.example", "none that cannot be seen"),
        ("api_url", "ftp://proxy.example", "is no web address"),
        ("client_id", "", "needs a client id"),
        ("client_id", "a\0b", "none that cannot be seen"),
        ("client_id", "a" * 256, "255 characters at most"),
        ("secret", "", "needs a client id, or the key of a Connect app, and a secret"),
        ("secret", "s" * 5000, "4,000 characters at most"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    owner: Client, given: dict[str, str], field: str, value: str, sentence: str
) -> None:
    answer = owner.post("/sites/connect/", given | {field: value})
    assert answer.status_code == 400
    assert sentence in problem(answer, field)
    assert not Site.objects.exists()


def test_a_key_in_place_of_an_apps_secret_is_told_beside_its_field(owner: Client, given: dict[str, str]) -> None:
    answer = owner.post("/sites/connect/", given | {"auth": "connect", "secret": "ssh-rsa AAAA"})
    assert answer.status_code == 400
    assert "is a public key or a certificate" in problem(answer, "secret")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://retail.example", "only https is allowed"),
        ("https://127.0.0.1:9", "not a public address"),
        ("10.0.0.1", "not a public address"),
    ],
)
def test_only_public_addresses_are_asked_over_https(
    owner: Client, given: dict[str, str], settings: Any, url: str, sentence: str
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAM = False
    assert sentence in problem(owner.post("/sites/connect/", given | {"url": url}), "url")


def test_an_address_without_a_jira_is_told(owner: Client, given: dict[str, str], live_server: Any) -> None:
    answer = owner.post("/sites/connect/", given | {"url": f"{live_server.url}/nothing"})
    assert "There is no Jira site at this address" in problem(answer, "url")


def test_a_site_that_is_connected_already_is_told_by_what_is_taken(
    owner: Client, given: dict[str, str], trial: Site
) -> None:
    assert "is named 'trial' already" in problem(owner.post("/sites/connect/", given), "slug")
    assert "connected already, as 'trial'" in problem(owner.post("/sites/connect/", given | {"slug": "again"}), "url")


def test_a_jira_that_fails_is_told_and_nothing_is_stored(
    owner: Client, sandbox: Sandbox, given: dict[str, str]
) -> None:
    sandbox.settings(faults="500=1")
    answer = owner.post("/sites/connect/", given)
    assert answer.status_code == 400
    assert "The credential could not be tried. Jira answers 500 to reading." in said(answer)
    assert f'value="{sandbox.url}"' in said(answer)
    assert not Site.objects.exists()


# ── One site ───────────────────────────────────────────────────────────────────────────────────────


def test_a_site_shows_its_facts_lanes_and_last_answers(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail)
    builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    page = text(viewer, "/sites/retail/")
    assert retail.cloud_id in page
    assert "Jira answers 403. Held since" in page
    assert f"/deliveries/{one.entry.delivery_id}/" in page
    assert "Not asked" in page


@pytest.mark.parametrize(("role", "sees_it"), [("viewer", False), ("auditor", True)])
def test_what_happened_to_a_lane_stands_apart_from_what_stands_in_its_way(
    retail: Site, signed_in: Callable[..., Client], role: str, sees_it: bool
) -> None:
    lane = builders.lane(retail)
    page = text(signed_in(role), "/sites/retail/")
    assert ('<th scope="col">Audit</th>' in page) is sees_it
    link = f'<a href="/audit/?subject=lane%3A{lane.pk}" id="go-happened-{lane.pk}">What happened to it</a>'
    assert (f'<td class="nowrap">{link}</td>' in page) is sees_it
    assert page.count("What happened to it") == int(sees_it)


@pytest.mark.parametrize(
    ("role", "tries", "sets_up"),
    [("viewer", False, False), ("release-manager", True, False), ("auditor", False, False), ("admin", True, True)],
)
def test_somebody_sees_only_what_they_may_do(
    retail: Site, signed_in: Callable[..., Client], role: str, tries: bool, sets_up: bool
) -> None:
    builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    builders.token(retail, "ci-of-retail")
    page = text(signed_in(role), "/sites/retail/")
    assert ("Try now" in page) is tries
    for word in ("Test now", "Replace the secret", "ci-of-retail", ">client<"):
        assert (word in page) is sets_up, word


@pytest.mark.parametrize("act", ["test", "credential"])
@pytest.mark.parametrize("role", ["viewer", "release-manager", "auditor"])
def test_only_an_admin_tests_and_replaces(
    retail: Site, foreign: Site, signed_in: Callable[..., Client], admin: Client, act: str, role: str
) -> None:
    assert signed_in(role).post(f"/sites/retail/{act}").status_code == 403
    assert admin.post(f"/sites/foreign/{act}").status_code == 404
    assert admin.get(f"/sites/retail/{act}").status_code == 405


def test_testing_again_shows_what_has_changed(owner: Client, sandbox: Sandbox, trial: Site) -> None:
    sites.examine(trial, timezone.now() - dt.timedelta(hours=3))
    sandbox.permit("builds", "READ", client_id=trial.client_id)
    assert owner.post("/sites/trial/test")["Location"] == "/sites/trial/"
    page = text(owner, "/sites/trial/")
    assert row(page, "Builds") == ["Yes", "No", "Not known", "Jira answers 403 to writing."]
    assert row(page, "Deployments")[:2] == ["No", "No"]


def test_testing_a_site_whose_jira_is_gone_says_so(owner: Client, sandbox: Sandbox, trial: Site) -> None:
    sandbox.stop()
    owner.post("/sites/trial/test")
    assert row(text(owner, "/sites/trial/"), "Builds") == [*["Not known"] * 3, "The connection was refused."]


def test_trying_a_lane_leads_back_to_the_site(retail: Site, admin: Client) -> None:
    lane = builders.lane(retail, held_at=timezone.now(), held_reason="Jira answers 403.")
    assert '<input type="hidden" name="next" value="/sites/retail/">' in text(admin, "/sites/retail/")
    assert admin.post(f"/lanes/{lane.pk}/try-now", {"next": "/sites/retail/"})["Location"] == "/sites/retail/"


@pytest.mark.parametrize(
    ("status", "stop", "told"),
    [
        ("", "not_available", ["No", "", "", "Not available with this credential."]),
        ("awaiting", "", ["Yes", "", "", ""]),
        ("", "never_found", ["Not known", "", "", "It shows with the first deployment that asks for a gate."]),
    ],
)
def test_whether_gates_can_be_read_is_told_by_the_last_one(
    retail: Site, viewer: Client, status: str, stop: str, told: list[str]
) -> None:
    one, now = builders.deployment(retail, gated=True), timezone.now()
    Gate.objects.create(
        site=retail, key=one.key, entry=one.entry, asked_at=now, due_at=now, read_at=now, status=status, stop=stop
    )
    found = row(text(viewer, "/sites/retail/"), "Gating status")
    assert found[:3] == told[:3]
    assert told[3] in text(viewer, "/sites/retail/")


# ── Another credential ─────────────────────────────────────────────────────────────────────────────


def test_another_credential_replaces_the_old_one_once_it_works(owner: Client, sandbox: Sandbox, trial: Site) -> None:
    trial.client_id, trial.secret = "outdated", NEW_SECRET
    trial.save()
    new = {"client_id": sandbox.client_id, "secret": sandbox.client_secret}
    assert owner.post("/sites/trial/credential", new)["Location"] == "/sites/trial/"
    made = Site.objects.get(slug="trial")
    assert (made.client_id, made.secret) == (sandbox.client_id, sandbox.client_secret)
    assert row(text(owner, "/sites/trial/"), "Builds")[:2] == ["Yes", "Yes"]


def test_a_credential_that_jira_refuses_replaces_nothing_and_is_not_shown(owner: Client, trial: Site) -> None:
    answer = owner.post("/sites/trial/credential", {"client_id": trial.client_id, "secret": NEW_SECRET})
    assert answer.status_code == 400
    assert "401" in problem(answer, "secret")
    assert "The credential was not replaced." in said(answer)
    assert NEW_SECRET not in said(answer)
    assert Site.objects.get(slug="trial").secret == trial.secret


def test_no_page_of_a_site_shows_its_secret(owner: Client, trial: Site) -> None:
    for page in ("/sites/", "/sites/trial/", "/sites/connect/"):
        assert trial.secret not in text(owner, page)


def test_a_deletion_that_jira_took_shows_that_the_credential_may_delete(retail: Site, owner: Client) -> None:
    now = timezone.now()
    one = builders.deployment(retail)
    builders.deletion(one, outcome="accepted", outcome_at=now)
    page = text(owner, "/sites/retail/")
    assert row(page, "Deployments")[2] == "Yes"
    assert '<td class="grow">It took a deletion <time' in page
    assert row(page, "Builds")[2] == "Not asked"


def test_what_an_older_credential_might_delete_says_nothing_of_the_new_one(
    owner: Client, sandbox: Sandbox, trial: Site
) -> None:
    builders.deletion(builders.deployment(trial), outcome="accepted", outcome_at=timezone.now())
    assert row(text(owner, "/sites/trial/"), "Deployments")[2] == "Yes"
    sites.replace_credential(trial, trial.client_id, trial.secret, timezone.now())
    sites.examine(Site.objects.get(pk=trial.pk), timezone.now())
    assert row(text(owner, "/sites/trial/"), "Deployments")[2] == "Not known"
