"""Whatever was sent, a page shows it as text."""

from urllib.parse import quote

import pytest
from django.test import Client

from devops_sync.models import Cause, Deployment, Entry, Site
from tests import builders

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert('x')</script>\"'&{{ 7*7 }}"
LONG = "W" * 255


def pages(one: Deployment) -> list[str]:
    return [
        "/",
        "/quiet/",
        "/issues/",
        f"/issues/{quote(one.issue_keys[0].upper(), safe='')}/",
        "/deployments/",
        "/deployments/?pipeline=" + "%3Cscript%3E",
        f"/deployments/{one.pk}/",
        "/submissions/",
        f"/submissions/{one.entry.submission_id}/",
        "/deliveries/",
        "/deliveries/drift/",
        f"/deliveries/{one.entry.delivery_id}/",
        "/deliveries/rejected/",
        f"/deliveries/rejected/{one.entry.cause_id}/",
        f"/deliveries/rejected/{one.entry.cause_id}/correct?do=resend",
        f"/deliveries/rejected/{one.entry.cause_id}/correct?find=A-&with=B-",
        "/errands/",
        f"/errands/{builders.errand(one, what=one.label).pk}/",
        "/sites/",
        f"/sites/{one.site.slug}/",
        "/submit/",
        f"/submit/?from={one.entry.submission_id}",
    ]


def odd(retail: Site, word: str) -> Deployment:
    one = builders.deployment(
        retail,
        word,
        word,
        label=word,
        state="failed",
        issues=[f"{word}-1".upper()],
        properties={word[:200]: word[:200]},
        description=word,
        outcome="rejected",
        entry_facts={
            "errors": [{"message": word, "trace_id": word}],
            "cause": Cause.objects.create(text=word),
            "unknown_issues": [f"{word}-1"],
        },
    )
    delivery = one.entry.delivery or builders.delivery([one.entry])
    delivery.response_body = word.encode()
    delivery.response_headers = {word: word}
    delivery.save()
    Entry.objects.filter(pk=one.entry_id).update(delivery=delivery)
    one.entry.delivery = delivery
    builders.refused(retail, word)
    builders.confirmation(one.entry, "different", differences=[word], failure=word)
    Entry.objects.filter(pk=one.entry_id).update(read_back="different", read_back_at=one.changed_at)
    builders.lane(retail, held_reason=word, held_at=one.changed_at)
    builders.token(retail, word[:100])
    retail.client_id = word
    retail.capabilities = {"builds": {"READ": False, "WRITE": None, "DELETE": None, "problem": word}}
    retail.save()
    return one


@pytest.mark.parametrize("word", [SCRIPT, LONG, "日本語 🚀 \u202e right to left", "%s {0} \\n"])
def test_every_page_shows_it_as_text(word: str, retail: Site, admin: Client) -> None:
    one = odd(retail, word)
    for page in pages(one):
        answer = admin.get(page)
        assert answer.status_code == 200, page
        assert b"<script>alert" not in answer.content, page


@pytest.mark.parametrize(
    "payload",
    [
        '{"label": "\\ud800"}',
        '{"state": {"a": 1}, "associations": [{"associationType": "issueKeys", "values": "no list"}]}',
        '{"associations": {"a": 1}}',
        "[1, 2]",
        "null",
        "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}",
        "not json",
        '{"a": NaN}',
    ],
)
def test_any_payload_can_be_compared_and_shown(payload: str, retail: Site, admin: Client) -> None:
    one = builders.deployment(retail, "web", "dev", number=5, sequence=7)
    builders.entry(retail, builders.payload("web", "dev", 5, 6))
    Entry.objects.filter(pk=one.entry_id).update(payload=payload)
    assert admin.get(f"/deployments/{one.pk}/").status_code == 200


def test_no_style_and_no_script_stands_in_a_page(retail: Site, admin: Client) -> None:
    one = odd(retail, "plain")
    for page in pages(one):
        text = admin.get(page).content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert text.count("<script") == 2
        assert "javascript:" not in text


@pytest.mark.parametrize(
    "query",
    [
        "after=2024-01-01T00:00:00%2B23:59,5",
        "before=0002-01-01T00:00%2B23:00,5",
        "after=9998-12-31T23:59-23:00,5",
        "after=0001-01-01T00:00%2B23:00,5",
        "_top=x&_rows=" + "1" * 5000,
    ],
)
def test_no_place_in_a_list_is_too_odd(admin: Client, query: str) -> None:
    answer = admin.get(f"/deployments/?{query}", headers={"Waybill-Seen": "x"})
    assert answer.status_code in (200, 204, 400)


def test_what_is_posted_to_nowhere_is_not_read(client: Client) -> None:
    client.cookies["csrftoken"] = "abcdefghijklmnopqrstuvwxyzabcdef"
    answer = client.generic("POST", "/nope", b"x", content_type="multipart/form-data")
    assert answer.status_code == 404
