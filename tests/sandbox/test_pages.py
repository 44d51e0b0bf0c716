"""The pages: what they show, and what they do not let a hostile payload or another site do."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
import requests

from devops_sync.sandbox import markup
from tests.sandbox.samples import (
    branch,
    build,
    builds,
    bulk,
    commit,
    deployment,
    devinfo,
    pull_request,
    repository,
)
from tests.sandbox_process import Sandbox

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{x}{0}&amp;"


class Tags(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def links(self, word: str) -> list[str]:
        return [href for _tag, attrs in self.found if (href := attrs.get("href")) and word in href]


def get(sandbox: Sandbox, path: str = "/") -> requests.Response:
    return requests.get(sandbox.url + path, timeout=10)


def send(sandbox: Sandbox, *numbers: int, **changes: Any) -> None:
    sent = [deployment(number, **changes) for number in numbers]
    answer = sandbox.client().post(
        f"{sandbox.gateway}/bulk", json=bulk(*sent, properties={HOSTILE[:100].replace(":", ""): HOSTILE})
    )
    assert answer.json()["rejectedDeployments"] == []


def send_everything(sandbox: Sandbox, **changes: Any) -> None:
    """One of each kind on SHOP-1, and a deployment that waits for a decision."""
    gated = deployment(2, state="pending", commands=[{"command": "initiate_deployment_gating"}])
    inside = {
        "commits": [commit(**changes)],
        "branches": [branch(**changes)],
        "pullRequests": [pull_request(**changes)],
    }
    client = sandbox.client()
    for api, body in (
        ("deployments", bulk(deployment(1), gated)),
        ("builds", builds(build(**changes))),
        ("devinfo", devinfo(repository(description="The shop's till", **inside))),
    ):
        assert client.post(f"{sandbox.base(api)}/bulk", json=body).status_code == 202


def test_an_empty_sandbox_teaches(sandbox: Sandbox) -> None:
    page = get(sandbox).text
    assert "Send the first deployment" in page
    assert f"{sandbox.url}/oauth/token" in page
    assert sandbox.client_id in page
    assert sandbox.client_secret not in page


def test_the_newest_comes_first(sandbox: Sandbox) -> None:
    send(sandbox, 1, label="older")
    send(sandbox, 2, label="newer")
    page = get(sandbox).text
    assert 0 < page.index("newer</a>") < page.index("older</a>")
    assert "<strong>2 deployments</strong> on 1 issue" in page


def test_hostile_values_stay_text(sandbox: Sandbox) -> None:
    place = {"id": HOSTILE, "displayName": HOSTILE, "type": "production"}
    pipeline = {"id": HOSTILE, "displayName": HOSTILE, "url": "https://ci.example.com"}
    send(sandbox, 1, label=HOSTILE, displayName=HOSTILE, environment=place, pipeline=pipeline, extra=HOSTILE)
    sandbox.client().get(f"{sandbox.gateway}/{quote(HOSTILE)}")
    for path in ("/", "/?issue=SHOP-1", "/held/1", f"/?issue={quote(HOSTILE)}", f"/{quote(HOSTILE)}"):
        tags = Tags(get(sandbox, path).text)
        assert not [tag for tag, _attrs in tags.found if tag in ("script", "img")], path
        assert not [attrs for _tag, attrs in tags.found if any(name.startswith("on") for name in attrs)], path


def test_a_page_loads_nothing_from_elsewhere_and_may_not(sandbox: Sandbox) -> None:
    send(sandbox, 1)
    answer = get(sandbox)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for tag, attrs in Tags(answer.text).found:
        assert "style" not in attrs
        for name in ("src", "href", "action"):
            assert (attrs.get(name) or "/").startswith(("/", "#")), (tag, attrs)


@pytest.mark.parametrize("name", ["look.css", "sandbox.css", "icons.svg", "favicon.svg"])
def test_what_the_page_needs_is_served(sandbox: Sandbox, name: str) -> None:
    answer = get(sandbox, f"/static/{name}")
    assert (answer.status_code, len(answer.content) > 100) == (200, True)


@pytest.mark.parametrize("name", ["..%2Fmanage.py", "../manage.py", "%2Fetc%2Fpasswd", "sandbox.py"])
def test_nothing_else_is_served(sandbox: Sandbox, name: str) -> None:
    assert get(sandbox, f"/static/{name}").status_code == 404


def test_every_icon_exists(sandbox: Sandbox) -> None:
    for number, state in enumerate(("successful", "failed", "rolled_back", "in_progress", "pending", "unknown")):
        send(sandbox, number, state=state)
    icons = set(re.findall(r'symbol id="(\w+)"', get(sandbox, "/static/icons.svg").text))
    pages = "".join(get(sandbox, path).text for path in ("/", "/?issue=SHOP-1", "/?issue=ZZZ-1", "/?deleted=1"))
    assert set(re.findall(r"icons\.svg#(\w+)", pages)) <= icons


def test_an_issue_shows_the_latest_of_each_environment(sandbox: Sandbox) -> None:
    send(sandbox, 1, label="first")
    send(sandbox, 2, label="second")
    send(sandbox, 3, label="elsewhere", issueKeys=["SHOP-2"])
    page = get(sandbox, "/?issue=shop-1").text
    panel = page[page.index('id="panel-deployment"') : page.index('id="held"')]
    assert ("second" in panel, "first" in panel, "elsewhere" in page) == (True, False, False)
    assert "<strong>2 deployments</strong>" in page


def test_an_issue_that_does_not_exist_is_said_to(sandbox: Sandbox) -> None:
    assert "ZZZ-1 does not exist in this Jira" in get(sandbox, "/?issue=ZZZ-1").text
    assert "exists; nothing names it yet" in get(sandbox, "/?issue=PAY-1").text


def test_an_issue_has_jiras_address(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/browse/SHOP-1", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?issue=SHOP-1")


def test_pages_follow_one_another_without_gap(sandbox: Sandbox) -> None:
    send(sandbox, *range(60))
    seen: list[str] = []
    path = "/"
    for _ in range(3):
        page = get(sandbox, path).text
        seen += re.findall(r'class="count">#(\d+)<', page)
        older = Tags(page).links("older=")
        path = older[0] if older else ""
    assert (path, seen) == ("", [str(number) for number in range(59, -1, -1)])
    newer = Tags(page).links("newer=")[0]
    assert re.findall(r'class="count">#(\d+)<', get(sandbox, newer).text) == [
        str(number) for number in range(34, 9, -1)
    ]


@pytest.mark.parametrize(
    "query", ["older=x", "older=-1", f"newer={9**40}", "credential=nobody", "issue=%ff", "&&==", "x" * 9000]
)
def test_a_strange_query_is_no_matter(sandbox: Sandbox, query: str) -> None:
    send(sandbox, 1)
    assert get(sandbox, f"/?{query}").status_code == 200


def test_one_deployment_shows_its_properties_and_payload(sandbox: Sandbox) -> None:
    send(sandbox, 1, note="as submitted")
    page = get(sandbox, Tags(get(sandbox).text).links("/held/")[0]).text
    assert "as submitted" in page
    assert "&lt;script&gt;" in page
    assert get(sandbox, "/held/999").status_code == 404


def test_a_deeply_nested_payload_can_be_looked_at(sandbox: Sandbox) -> None:
    nested = json.dumps(deployment(extra="here")).replace('"here"', "[" * 800 + "]" * 800)
    answer = sandbox.client().post(f"{sandbox.gateway}/bulk", data=f'{{"deployments": [{nested}]}}'.encode())
    assert answer.status_code == 202
    for path in ("/", "/held/1", "/_sandbox/state"):
        assert get(sandbox, path).status_code == 200


def delete_by(sandbox: Sandbox, **headers: str) -> requests.Response:
    address = f"{sandbox.url}/credentials/{quote(sandbox.client_id)}/delete"
    return requests.post(address, headers={name.replace("_", "-"): text for name, text in headers.items()})


def test_deleting_a_credential_takes_its_data_and_tokens(sandbox: Sandbox) -> None:
    client = sandbox.client()
    send(sandbox, 1, 2)
    sandbox.settings(delay=60)
    send(sandbox, 3)
    page = get(sandbox, f"/credentials/{quote(sandbox.client_id)}/").text
    assert "2 entities would go at once" in page
    answer = delete_by(sandbox, Origin=sandbox.url, Sec_Fetch_Site="same-origin")
    assert "is deleted and its tokens are void" in answer.text
    assert sandbox.held() == {}
    assert client.get(f"{sandbox.gateway}/bulk").status_code == 401
    sandbox.settings(delay=0)
    send(sandbox, 4)
    assert len(sandbox.held()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_sites_page_can_neither_delete_nor_control(sandbox: Sandbox, headers: dict[str, str]) -> None:
    send(sandbox, 1)
    assert delete_by(sandbox, **headers).status_code == 403
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    assert requests.post(f"{sandbox.url}/_sandbox/reset", headers=named).status_code == 403
    assert len(sandbox.held()) == 1


def test_a_head_request_has_no_body(sandbox: Sandbox) -> None:
    answer = requests.head(sandbox.url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000


def names(page: str) -> list[str]:
    """What the list calls its rows."""
    return re.findall(r'class="clip" href="/held/\d+">([^<]*)<', page[page.index('id="held"') :])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("build", "checkout-api build 100"),
        ("repository", "checkout-api"),
        ("commit", "SHOP-1 Change c1"),
        ("branch", "feature/b1"),
        ("pull_request", "Pull request p1"),
    ],
)
def test_the_list_can_be_narrowed_to_a_kind(sandbox: Sandbox, kind: str, name: str) -> None:
    send_everything(sandbox)
    page = get(sandbox, f"/?kind={kind}").text
    assert names(page) == [name]
    current = [attrs["href"] for _tag, attrs in Tags(page).found if attrs.get("aria-current")]
    assert current == [f"/?kind={kind}"]
    assert len(names(get(sandbox).text)) == 7
    assert "2 deployments, 1 build, 1 repository, 1 branch, 1 commit, 1 pull request" in page


def test_a_kind_and_an_issue_narrow_together(sandbox: Sandbox) -> None:
    send_everything(sandbox)
    sandbox.client().post(f"{sandbox.base('builds')}/bulk", json=builds(build(7, issueKeys=["PAY-1"])))
    assert names(get(sandbox, "/?kind=build&issue=PAY-1").text) == ["checkout-api build 7"]
    assert names(get(sandbox, "/?kind=commit&issue=PAY-1").text) == []


def test_an_issue_shows_what_jiras_panel_would(sandbox: Sandbox) -> None:
    send_everything(sandbox)
    page = get(sandbox, "/?issue=SHOP-1").text
    found = re.findall(r'id="panel-(\w+)"', page)
    assert found == ["branch", "commit", "pull_request", "build", "deployment"]
    for says in ("feature/b1", "Ada", "Open", "118 of 120 tests passed", "production-eu"):
        assert says in page[: page.index('id="held"')]
    assert "panel-" not in get(sandbox, "/?issue=SHOP-2").text


def test_each_kind_has_a_page(sandbox: Sandbox) -> None:
    send_everything(sandbox, note="as submitted")
    pages = [get(sandbox, link).text for link in set(Tags(get(sandbox).text).links("/held/"))]
    assert len(pages) == 7
    assert sum("as submitted" in page for page in pages) == 4


def test_hostile_builds_and_commits_stay_text(sandbox: Sandbox) -> None:
    client = sandbox.client()
    inside = {
        "commits": [commit(message=HOSTILE, author={"name": HOSTILE}, displayId=HOSTILE)],
        "branches": [branch(name=HOSTILE)],
        "pullRequests": [pull_request(title=HOSTILE, sourceBranch=HOSTILE, displayId=HOSTILE)],
    }
    client.post(
        f"{sandbox.base('devinfo')}/bulk", json=devinfo(repository(name=HOSTILE, description=HOSTILE, **inside))
    )
    client.post(f"{sandbox.base('builds')}/bulk", json=builds(build(pipelineId=HOSTILE, displayName=HOSTILE)))
    assert len(names(get(sandbox).text)) == 5
    for path in ("/", "/?issue=SHOP-1", *(f"/held/{number}" for number in range(1, 6))):
        tags = Tags(get(sandbox, path).text)
        assert not [tag for tag, _attrs in tags.found if tag in ("script", "img")], path
        assert not [attrs for _tag, attrs in tags.found if any(name.startswith("on") for name in attrs)], path


def decide(sandbox: Sandbox, status: str, gate: str = "1", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return requests.post(f"{sandbox.url}/gates/{gate}", data={"status": status}, headers=named)


@pytest.mark.parametrize(
    ("button", "status"),
    [("Allow", "allowed"), ("Prevent", "prevented"), ("Let expire", "expired"), ("Make invalid", "invalid")],
)
def test_a_person_decides_on_a_change_request(sandbox: Sandbox, button: str, status: str) -> None:
    send_everything(sandbox)
    page = get(sandbox, "/gates/").text
    assert "<strong>1 deployment waiting</strong> for a decision." in page
    pressed = [attrs for _tag, attrs in Tags(page).found if attrs.get("aria-label") == f"{button} CHG-1"]
    assert [attrs["value"] for attrs in pressed] == [status]
    answer = decide(sandbox, status, Sec_Fetch_Site="same-origin")
    assert "0 deployments waiting" in answer.text
    assert list(sandbox.gates().values()) == [status]


def test_change_requests_can_be_reached(sandbox: Sandbox) -> None:
    assert "No deployment has asked for gating." in get(sandbox, "/gates/").text
    send_everything(sandbox)
    assert Tags(get(sandbox).text).links("/gates/") == ["/gates/"]
    answer = requests.get(f"{sandbox.url}/browse/CHG-1", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/gates/#CHG-1")
    sandbox.decide(("checkout-api", "production-eu", 2), "<b>later</b>")
    assert "&lt;b&gt;later&lt;/b&gt;" in get(sandbox, "/gates/").text


@pytest.mark.parametrize(
    ("status", "gate", "headers", "wanted"),
    [
        ("allowed", "1", {"Sec_Fetch_Site": "cross-site"}, 403),
        ("allowed", "1", {"Origin": "https://evil.example"}, 403),
        ("allowed", "2", {}, 404),
        ("allowed", "x", {}, 404),
        ("awaiting", "1", {}, 404),
        ("", "1", {}, 404),
    ],
)
def test_nothing_else_decides(sandbox: Sandbox, status: str, gate: str, headers: dict[str, str], wanted: int) -> None:
    send_everything(sandbox)
    assert decide(sandbox, status, gate, **headers).status_code == wanted
    assert list(sandbox.gates().values()) == ["awaiting"]


def test_every_icon_of_every_kind_exists(sandbox: Sandbox) -> None:
    send_everything(sandbox)
    icons = set(re.findall(r'symbol id="(\w+)"', get(sandbox, "/static/icons.svg").text))
    pages = "".join(get(sandbox, path).text for path in ("/", "/?issue=SHOP-1", "/gates/", "/held/1"))
    assert set(re.findall(r"icons\.svg#(\w+)", pages)) <= icons
    assert {icon for _tone, icon in markup.STATES.values()} <= icons
