import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard import wire
from devops_sync.models import FirstAnswer, Site, Submission
from tests import builders
from tests.gateway.conftest import make_token
from tests.payloads import MISSING, bulk, deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(signed_in: Callable[..., Client]) -> Client:
    return signed_in("auditor")


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
        with django_assert_num_queries(10):
            text(viewer, "/submissions/")
    came = builders.submission(retail, entry_count=0)
    with django_assert_num_queries(9):
        text(viewer, f"/submissions/{came.pk}/")


HEAD = {
    "line": "POST /jira/deployments/0.1/cloud/x/bulk HTTP/1.1",
    "scheme": "https",
    "headers": {"Host": "waybill.example", "User-Agent": "gitlab <1>", "Authorization": "Bearer struck out"},
}


def came(site: Site, **more: Any) -> str:
    """A submission with its head; its address."""
    body = bulk(deployment(1), deployment(2, url=MISSING))
    return f"/submissions/{builders.submission(site, body=body, head=HEAD, **more).pk}/"


def test_the_request_is_shown_with_its_headers(retail: Site, auditor: Client) -> None:
    page = text(auditor, came(retail))
    assert '<span class="k">POST</span> /jira/deployments/0.1/cloud/x/bulk HTTP/1.1' in page
    assert "User-Agent: gitlab &lt;1&gt;" in page
    assert 'Authorization: Bearer <span class="c">struck out</span>' in page


@pytest.mark.parametrize("body", [bulk(deployment(1), deployment(2, url=MISSING)), b"{"])
def test_the_answer_is_the_one_that_was_given(retail: Site, auditor: Client, body: bytes) -> None:
    bearer = make_token(retail)
    given = Client().post(
        "/s/retail/rest/deployments/0.1/bulk",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}"},
    )
    assert auditor.get(f"/submissions/{Submission.objects.get().pk}/answer").content == given.content


def test_the_answer_names_the_submission(retail: Site, auditor: Client) -> None:
    address = came(retail)
    assert f"Waybill-Submission: https://waybill.example{address}" in text(auditor, address)


def test_jiras_word_that_was_waited_for_is_the_answer(retail: Site, auditor: Client) -> None:
    address = came(retail, answer=b'{"unknownIssueKeys":["NOPE-1"]}')
    assert "NOPE-1" in text(auditor, address)
    assert auditor.get(f"{address}answer").content == b'{"unknownIssueKeys":["NOPE-1"]}'


def test_the_answer_to_one_that_may_be_repeated_is_the_first(retail: Site, auditor: Client) -> None:
    address = came(retail)
    one = Submission.objects.get()
    assert one.token
    FirstAnswer.objects.create(token=one.token, key="k", submission=one, status=202, body=b'{"first":1}')
    assert auditor.get(f"{address}answer").content == b'{"first":1}'


def test_a_request_without_a_head_says_so(retail: Site, auditor: Client) -> None:
    one = builders.submission(retail)
    assert "It came before headers were kept." in text(auditor, f"/submissions/{one.pk}/")
    assert auditor.get(f"/submissions/{one.pk}/answer").status_code == 404


def test_who_may_not_see_bytes_sees_neither_headers_nor_answer(retail: Site, viewer: Client) -> None:
    address = came(retail)
    page = text(viewer, address)
    assert "gitlab &lt;1&gt;" not in page
    assert "acceptedDeployments" not in page
    assert viewer.get(f"{address}answer").status_code == 403


def test_of_a_large_request_the_head_is_shown_and_the_rest_is_to_be_had(retail: Site, auditor: Client) -> None:
    address = came(retail, size=wire.SHOWN + 1)
    page = text(auditor, address)
    assert "User-Agent: gitlab &lt;1&gt;" in page
    assert "too large for a page" in page
    assert f'href="{address}answer"' in page
