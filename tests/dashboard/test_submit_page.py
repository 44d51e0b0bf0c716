"""Submitting by hand: what is typed is checked by the ledger's own reading, shown, and stored under a name."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Deployment, Site, Submission
from tests import builders, payloads

pytestmark = pytest.mark.django_db

DEPLOYMENT = {
    "site": "retail",
    "displayName": "Release 7",
    "label": "v7",
    "url": "https://ci.example/7",
    "description": "By hand",
    "issueKeys": "SHOP-1, SHOP-2\r\nPAY-3",
    "pipeline.id": "group/shop",
    "pipeline.displayName": "shop",
    "pipeline.url": "https://ci.example/shop",
    "environment.id": "prod",
    "environment.displayName": "production-eu",
    "environment.type": "production",
    "state": "pending",
    "lastUpdated": "2026-11-18T13:02:09Z",
    "duration": "90",
    "commands": "yes",
    "deploymentSequenceNumber": "7",
    "updateSequenceNumber": "1763470929000",
    "properties": "team=checkout\r\naccount = a=b\r\n",
}
BUILD = {
    "site": "retail",
    "displayName": "shop #12",
    "url": "https://ci.example/b/12",
    "issueKeys": "SHOP-1",
    "state": "failed",
    "lastUpdated": "2026-11-18T13:02:09Z",
    "testInfo.totalNumber": "10",
    "testInfo.numberPassed": "9",
    "testInfo.numberFailed": "1",
    "pipelineId": "shop",
    "buildNumber": "12",
    "updateSequenceNumber": "3",
}


@pytest.fixture
def manager(signed_in: Callable[..., Client]) -> Client:
    return signed_in("release-manager")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def send(client: Client, act: str, given: dict[str, str], kind: str = "deployment", **more: str) -> Any:
    return client.post(f"/submit/?as={kind}", {**given, "do": act, **more})


def send_json(client: Client, act: str, body: str | bytes, **more: str) -> Any:
    return send(
        client, act, {"site": "retail", "text": body if isinstance(body, str) else body.decode()}, "json", **more
    )


def stored() -> Any:
    return json.loads(bytes(Submission.objects.get().raw or b""))


def problem(answer: Any, field: str) -> str:
    """What stands beside a field as wrong with it; only what is marked as invalid counts."""
    page = answer.content.decode()
    said = re.search(rf'id="{field}-problem"[^>]*>(.*?)</div>', page, re.S)
    tag = re.search(rf'<(?:input|select|textarea)[^>]*aria-describedby="{field}-problem[^>]*>', page)
    assert said
    assert tag
    words = re.sub(r"<[^>]+>|\s+", " ", said[1]).strip()
    assert bool(words) == ('aria-invalid="true"' in tag[0])
    return words


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", False), ("auditor", False), ("release-manager", True), ("admin", True)]
)
def test_those_who_may_submit_see_the_page_and_the_way_to_it(
    role: str, may: bool, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(role)
    assert client.get("/submit/").status_code == (200 if may else 403)
    assert client.post("/submit/", DEPLOYMENT).status_code == (200 if may else 403)
    assert client.post("/submit/check", DEPLOYMENT).status_code == (200 if may else 403)
    assert (b'href="/submit/"' in client.get("/").content) is may


def test_an_empty_page_leads_there_those_who_may(viewer: Client, manager: Client) -> None:
    assert 'href="/submit/?as=build">write it by hand' in text(manager.get("/builds/"))
    assert "write it by hand" not in text(viewer.get("/builds/"))


def test_only_sites_on_which_one_may_are_offered_and_taken(foreign: Site, manager: Client) -> None:
    assert "foreign" not in text(manager.get("/submit/"))
    answer = send(manager, "submit", DEPLOYMENT, site="foreign")
    assert answer.status_code == 400
    assert problem(answer, "site") == "There is no site of this name to which you may submit."
    assert not Submission.objects.exists()


def test_a_stranger_signs_in_first_and_one_signed_out_while_typing_keeps_the_text(client: Client) -> None:
    assert client.get("/submit/")["Location"] == "/login/?next=/submit/"
    assert client.post("/submit/check")["Location"] == "/login/?next=/submit/"
    answer = client.post("/submit/check", headers={"HX-Request": "true"})
    assert "Copy what you have typed" in text(answer)


@pytest.mark.parametrize("address", ["/submit/", "/submit/check"])
def test_a_form_without_its_token_does_nothing(address: str, retail: Site) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.user("admin"))
    assert client.post(address, {**DEPLOYMENT, "do": "submit"}).status_code == 403
    assert not Submission.objects.exists()


# ── The forms ───────────────────────────────────────────────────────────────────────────────────────


def test_a_fresh_form_knows_the_time_and_the_only_site(manager: Client) -> None:
    page = manager.get("/submit/").content.decode()
    assert re.search(r'value="\d{13}" id="updateSequenceNumber"', page)
    assert re.search(r'value="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ" id="lastUpdated"', page)
    assert '<option value="retail" selected>' in page
    assert "aria-invalid" not in page


def test_the_form_of_a_deployment_makes_its_json(retail: Site, manager: Client) -> None:
    answer = send(manager, "submit", DEPLOYMENT)
    came = Submission.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/submissions/{came.pk}/")
    assert came.user is not None
    assert (came.sender, came.path, came.api) == (came.user.get_username(), "/submit/", "deployments")
    assert stored() == {
        "properties": {"team": "checkout", "account": "a=b"},
        "deployments": [
            {
                "displayName": "Release 7",
                "label": "v7",
                "url": "https://ci.example/7",
                "description": "By hand",
                "associations": [{"associationType": "issueIdOrKeys", "values": ["SHOP-1", "SHOP-2", "PAY-3"]}],
                "pipeline": {"id": "group/shop", "displayName": "shop", "url": "https://ci.example/shop"},
                "environment": {"id": "prod", "displayName": "production-eu", "type": "production"},
                "state": "pending",
                "lastUpdated": "2026-11-18T13:02:09Z",
                "duration": 90,
                "commands": [{"command": "initiate_deployment_gating"}],
                "deploymentSequenceNumber": 7,
                "updateSequenceNumber": 1763470929000,
            }
        ],
    }
    assert Deployment.objects.get().gated


def test_the_form_of_a_build_makes_its_json(manager: Client) -> None:
    assert send(manager, "submit", BUILD, "build").status_code == 302
    (build,) = stored()["builds"]
    assert build["testInfo"] == {"totalNumber": 10, "numberPassed": 9, "numberFailed": 1}
    assert "label" not in build


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("displayName", "", "'displayName' is required"),
        ("url", "javascript:alert(1)", "'url' must be an http or https address"),
        ("pipeline.url", "shop", "'pipeline.url' must be an http or https address"),
        ("pipeline.id", "", "'pipeline.id' is required"),
        ("environment.type", "moon", "'environment.type' has a value that Jira does not know"),
        ("issueKeys", "SHOP-1 what", "'associations[0].values[1]' must be an issue key such as ABC-123"),
        ("issueKeys", " ,; ", "'associations' or 'issueKeys' is required"),
        ("deploymentSequenceNumber", "seven", "'deploymentSequenceNumber' must be a whole number, not a text"),
        ("updateSequenceNumber", "9" * 25, "'updateSequenceNumber' must be a whole number of 64 bits"),
        ("lastUpdated", "yesterday", "'lastUpdated' must be a date and time"),
        ("state", "successful", "'commands' can ask for gating only while 'state' is pending"),
        ("properties", "team", "Line 1 has no '='."),
        ("properties", "a=1\na=2", "Line 2 gives 'a' again"),
        ("properties", "_a=1", "'properties' has the key '_a'"),
        ("properties", f"a={'b' * 256}", "'properties.a' can have a maximum of 255 characters"),
    ],
)
def test_a_fault_stands_beside_its_field(field: str, value: str, said: str, manager: Client) -> None:
    answer = send(manager, "submit", DEPLOYMENT, **{field: value})
    assert answer.status_code == 400
    beside = "commands" if said.startswith("'commands'") else field.replace(".", "-")
    assert problem(answer, beside).replace("&#x27;", "'").startswith(said)
    assert not Submission.objects.exists()


def test_what_was_typed_stays_when_it_is_refused(manager: Client) -> None:
    page = send(manager, "submit", DEPLOYMENT, url="<b>").content.decode()
    assert 'value="&lt;b&gt;" id="url"' in page
    assert "SHOP-1, SHOP-2\nPAY-3</textarea>" in page
    assert '<option value="pending" selected>' in page
    assert re.search(r'id="commands"[^>]* checked', page)


def test_the_check_stores_nothing_and_shows_the_body(manager: Client) -> None:
    answer = send(manager, "check", DEPLOYMENT)
    assert "1 deployment would be taken" in text(answer)
    assert "initiate_deployment_gating" in text(answer)
    assert not Submission.objects.exists()


def test_the_form_is_carried_over_into_json(manager: Client) -> None:
    page = send(manager, "edit", DEPLOYMENT).content.decode()
    assert '<form class="form form--hand" id="hand" action="/submit/?as=json"' in page
    assert "&quot;displayName&quot;: &quot;Release 7&quot;" in page
    assert not Submission.objects.exists()


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("api", ["", "devinfo"])
def test_any_body_is_taken_byte_for_byte(api: str, manager: Client) -> None:
    body = payloads.bulk_of("devinfo", payloads.repository(commits=[payloads.commit()])).decode()
    assert send_json(manager, "submit", body, api=api).status_code == 302
    came = Submission.objects.get()
    assert (came.api, bytes(came.raw or b"")) == ("devinfo", body.encode())


def test_of_many_each_is_told_and_the_sound_ones_can_go_alone(manager: Client) -> None:
    body = payloads.bulk(payloads.deployment(1), payloads.deployment(2, url="ftp://x"), payloads.deployment(3))
    answer = send_json(manager, "submit", body)
    assert answer.status_code == 400
    assert "1 of 3 refused" in text(answer)
    assert "Submit the 2 deployments" in text(answer)
    assert not Submission.objects.exists()
    assert send_json(manager, "sound", body).status_code == 302
    came = Submission.objects.get()
    assert (came.entry_count, came.refused_count) == (3, 1)


def test_where_nothing_is_sound_nothing_goes(manager: Client) -> None:
    assert send_json(manager, "sound", payloads.bulk(payloads.deployment(url="ftp://x"))).status_code == 400
    assert not Submission.objects.exists()


def test_what_would_be_mended_is_said(manager: Client) -> None:
    commit = payloads.commit(message="SHOP-1 " + "x" * 2000)
    answer = send_json(manager, "check", payloads.bulk_of("devinfo", payloads.repository(commits=[commit])))
    assert "1 of them mended as Jira would" in text(answer)
    assert "1024" in text(answer)


def test_broken_json_is_shown_by_its_place(manager: Client) -> None:
    answer = send_json(manager, "submit", '{\n  "deployments": [}\n')
    assert answer.status_code == 400
    assert "The request body is not valid JSON" in problem(answer, "text")
    assert "That is line 2, column 19." in text(answer)


def test_a_body_for_no_api_says_so(manager: Client) -> None:
    assert "no JSON object with deployments, builds or repositories" in problem(
        send_json(manager, "check", '{"features": []}'), "text"
    )


# ── While somebody types ────────────────────────────────────────────────────────────────────────────


def typed(client: Client, given: dict[str, str], kind: str = "deployment") -> str:
    answer = client.post(f"/submit/check?as={kind}", given, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return text(answer).replace("&#x27;", "'")


def test_typing_swaps_what_was_found_and_no_field(manager: Client) -> None:
    said = typed(manager, {**DEPLOYMENT, "url": "ftp://x"})
    assert '<div id="url-problem" hx-swap-oob="innerHTML"><p class="problem">' in said
    assert '<div id="label-problem" hx-swap-oob="innerHTML"></div>' in said
    assert "<input" not in said
    assert not Submission.objects.exists()


def test_a_field_not_reached_yet_is_not_held_up(manager: Client) -> None:
    said = typed(manager, {"displayName": "Release 7"})
    assert "is required" in said
    assert '<p class="problem">' not in said


def test_typed_json_is_checked_too(manager: Client) -> None:
    assert '<div id="text-problem" hx-swap-oob="innerHTML"><p class="problem">' in typed(manager, {"text": "{"}, "json")


# ── An earlier submission ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("role", "status"), [("release-manager", 404), ("admin", 200)])
def test_an_earlier_body_is_taken_over_by_those_who_may_see_it(
    role: str, status: int, retail: Site, signed_in: Callable[..., Client]
) -> None:
    came = builders.submission(retail, body=payloads.bulk(payloads.deployment(label="earlier")))
    answer = signed_in(role).get(f"/submit/?from={came.pk}")
    assert answer.status_code == status
    assert (b"earlier" in answer.content) is (status == 200)


@pytest.mark.parametrize("ident", ["x", "00000000-0000-0000-0000-000000000000", "%00"])
def test_no_earlier_submission_is_an_answer_too(ident: str, admin: Client) -> None:
    assert admin.get(f"/submit/?from={ident}").status_code == 404


# ── Whatever is sent ────────────────────────────────────────────────────────────────────────────────


def test_too_much_is_told_without_being_read(manager: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send_json(manager, "submit", " " * 2000)
    assert answer.status_code == 413
    assert "The request body is larger than Waybill takes." in text(answer)
    assert "The request body is larger than Waybill takes." in typed(manager, {"text": " " * 2000}, "json")


def test_a_body_beyond_the_gateway_s_limit_is_too_large_here_too(manager: Client, settings: Any) -> None:
    settings.LARGEST_BODY = 1000
    assert send_json(manager, "submit", " " * 1500).status_code == 413
    assert not Submission.objects.exists()


ODD = ["\0", "\ud7ff\ufffd", "🚀", "<script>alert(1)</script>", "9" * 6000, "[" * 20_000, '{"a":' * 5_000, "\\u0000"]


@pytest.mark.parametrize("odd", ODD)
def test_no_text_is_too_odd(odd: str, manager: Client) -> None:
    forms = [("deployment", DEPLOYMENT), ("build", BUILD), ("json", {"site": "", "api": "", "text": ""})]
    for kind, given in forms:
        everywhere = dict.fromkeys(given, odd)
        for act in ("check", "submit", "sound", "edit", odd[:100]):
            answer = send(manager, act, everywhere, kind)
            assert answer.status_code in (200, 400)
            assert b"<script>alert" not in answer.content
        typed(manager, everywhere, kind)
        typed(manager, {**given, "url": odd, "properties": odd, "issueKeys": odd}, kind)
    assert manager.get("/submit/", {"as": odd[:2000], "site": odd[:2000]}).status_code == 200
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"site=retail&text=%ff%fe%ed%a0%80"),
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b""),
        ("application/json", b"{}"),
        ("text/plain; charset=none", b"x"),
    ],
)
def test_no_request_is_too_odd(content_type: str, body: bytes, manager: Client) -> None:
    for address in ("/submit/?as=json", "/submit/check?as=json"):
        assert manager.generic("POST", address, body, content_type=content_type).status_code in (200, 400)
    assert manager.generic("POST", "/submit/", b"x", CONTENT_LENGTH="many").status_code == 413
