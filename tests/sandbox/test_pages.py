"""The pages: what they show, and what they do not let a hostile payload or another site do."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.sandbox.samples import bulk, deployment
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
    panel = page[page.index('id="panel"') : page.index('id="held"')]
    assert ("second" in panel, "first" in panel, "elsewhere" in page) == (True, False, False)
    assert "<strong>2 deployments</strong>" in page


def test_an_issue_that_does_not_exist_is_said_to(sandbox: Sandbox) -> None:
    assert "ZZZ-1 does not exist in this Jira" in get(sandbox, "/?issue=ZZZ-1").text
    assert "exists; no deployment names it yet" in get(sandbox, "/?issue=PAY-1").text


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
    assert "2 deployments would go at once" in page
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
