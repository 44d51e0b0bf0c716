import json
import re
from typing import Any

import pytest
from django.test import Client

from devops_sync.models import Site
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_list_shows_what_was_refused_with_its_sentence(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    builders.refused(retail, "The body is not JSON: it ends in the middle.")
    page = text(viewer, "/submissions/")
    assert "The body is not JSON: it ends in the middle." in page
    assert "1 accepted" in page
    assert "1 accepted" not in text(viewer, "/submissions/?show=refused")


def test_one_tells_who_sent_what_and_what_became_of_it(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, "web", "dev", number=5)
    page = text(viewer, f"/submissions/{one.entry.submission_id}/")
    assert "ci-gitlab, a token" in page
    assert "192.0.2.7" in page
    assert bytes(one.entry.submission.sha256 or b"").hex() in page
    assert f'<a href="/deployments/{one.pk}/" id="entry-{one.entry_id}">web / dev / 5</a>' in page


def test_what_was_sent_again_is_no_older_version_and_no_request(retail: Site, admin: Client) -> None:
    one = builders.deployment(retail)
    copy = builders.entry(retail, json.loads(one.entry.payload), outcome="withdrawn", origin=one.entry)
    copy.errors = [{"message": "The resend was cancelled."}]
    copy.save()
    builders.of_errand(copy, builders.errand(one))
    page = text(admin, f"/submissions/{copy.submission_id}/")
    assert f'<a href="/deployments/{one.pk}/"' in page
    assert "A newer version is current." not in page
    for made_up in ("answered 202", "<dt>Validated", "<dt>Size", "<dt>SHA-256", "<dt>Path"):
        assert made_up not in page


def test_what_was_said_stands_apart_from_what_we_say(retail: Site, viewer: Client) -> None:
    old = builders.entry(retail, outcome="withdrawn", errors=[{"message": "The resend was cancelled."}])
    page = text(viewer, f"/submissions/{old.submission_id}/")
    assert 'The resend was cancelled. <span class="soft">A newer version is current.' in page


def test_a_refused_one_says_why(retail: Site, viewer: Client) -> None:
    page = text(viewer, f"/submissions/{builders.refused(retail, 'The body is empty.').pk}/")
    assert "Refused as a whole:</strong> The body is empty." in page


def test_one_with_a_waiting_entry_follows_and_a_settled_one_does_not(retail: Site, viewer: Client) -> None:
    waiting = builders.deployment(retail, outcome="waiting").entry.submission_id
    settled = builders.deployment(retail).entry.submission_id
    assert "hx-trigger" in text(viewer, f"/submissions/{waiting}/")
    assert "hx-trigger" not in text(viewer, f"/submissions/{settled}/")


def test_paging_both_ways_is_whole(retail: Site, viewer: Client) -> None:
    ids = sorted((str(builders.submission(retail).pk) for _ in range(110)), reverse=True)
    seen: list[str] = []
    address, last = "/submissions/", ""
    while address:
        page = viewer.get(address).content.decode()
        seen += re.findall(r'id="go-([0-9a-f-]{36})"', page)
        found = re.search(r'href="([^"]*)" rel="next"', page)
        last, address = address, f"/submissions/{found[1]}" if found else ""
    assert seen == ids
    back = re.search(r'href="([^"]*)" rel="prev"', viewer.get(last).content.decode())
    assert back
    page = viewer.get(f"/submissions/{back[1]}").content.decode()
    assert re.findall(r'id="go-([0-9a-f-]{36})"', page) == ids[50:100]


def test_what_it_asks_does_not_grow(retail: Site, viewer: Client, django_assert_num_queries: Any) -> None:
    for count in (5, 45):
        for _ in range(count):
            builders.deployment(retail)
        with django_assert_num_queries(11):
            text(viewer, "/submissions/")
    came = builders.submission(retail, entry_count=0)
    with django_assert_num_queries(10):
        text(viewer, f"/submissions/{came.pk}/")
