"""Whatever is submitted stays text: in every page, in every link, in every cell of a file."""

import csv
import io
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.test import Client

from devops_sync.models import Site
from tests import hostile

pytestmark = pytest.mark.django_db
LEADS = {"href", "src", "action", "formaction", "data", "srcset", "hx-get", "hx-post", "poster"}
FILES = ("deployments", "builds", "repositories", "submissions", "deliveries")


class Strict(HTMLParser):
    """Notes what only an attacker would have written into a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag in ("img", "iframe", "object", "embed") or (tag == "script" and not named.get("src")):
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.found.append(f"<{tag} {name}>")
            if name in LEADS and urlsplit((value or "").strip()).scheme not in ("", "http", "https"):
                self.found.append(f"<{tag} {name}={value}>")


@pytest.mark.parametrize("link", hostile.LINKS)
def test_no_field_of_a_payload_becomes_a_tag_or_a_link_that_acts(
    link: str, retail: Site, browser_of_admin: Client
) -> None:
    hostile.send(retail, link)
    for page in hostile.pages(retail):
        answer = browser_of_admin.get(page)
        assert answer.status_code == 200, page
        strict = Strict()
        strict.feed(answer.content.decode())
        assert strict.found == [], page


@pytest.mark.parametrize("name", FILES)
def test_no_cell_of_a_file_is_a_formula(name: str, retail: Site, browser_of_admin: Client) -> None:
    hostile.send(retail, hostile.LINKS[0])
    text = browser_of_admin.get(f"/{name}/?format=csv").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) > 1 or name == "deliveries"
    cells = [cell for row in rows[1:] for cell in row]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
