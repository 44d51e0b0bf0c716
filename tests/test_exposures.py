"""What looks like a secret in a submission is said, and kept nowhere else."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from devops_sync import exposures, ledger
from devops_sync.models import AuditRow, Entry, Exposure, Site, Submission
from tests import builders, payloads

pytestmark = pytest.mark.django_db
GITHUB = "ghp_" + "Ab1" * 12
SECRETS = {
    "a GitHub token": GITHUB,
    "a GitLab token": "glpat-" + "x1Y_" * 6,
    "an AWS access key": "AKIA" + "ABCD2345" * 2,
    "a Slack token": "xoxb-" + "123456789012-" * 2,
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "a token of Waybill": "wbt_" + "Ab1_" * 11,
}


def send(site: Site | None, body: bytes) -> Submission:
    arrival = ledger.Arrival("deployments", "/x", body, timezone.now(), len(body), site, builders.token(site))
    try:
        return Submission.objects.get(pk=ledger.submit(arrival).id)
    except ledger.Refused:
        return Submission.objects.latest("received_at")


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_is_named_by_its_maker_and_its_place(what: str) -> None:
    body = payloads.bulk(payloads.deployment(description=f"token={SECRETS[what]}"))
    assert exposures.find(body) == [(what, body.index(SECRETS[what].encode()))]


@pytest.mark.parametrize(
    "text",
    [
        "through the night, ghp_ and glpat- are how they begin",
        "x" + GITHUB,  # in the middle of a word
        "AKIAABCD2345ABCD2345X",
        "0123456789abcdef" * 4,
        "https://ci.example/checkout-api/xoxb-1",
    ],
)
def test_what_only_begins_like_one_is_none(text: str) -> None:
    assert exposures.find(payloads.bulk(payloads.deployment(description=text))) == []


def test_it_is_said_of_the_submission_and_noted_but_kept_nowhere(retail: Site) -> None:
    sent = send(retail, payloads.bulk(payloads.deployment(description=f"with {GITHUB}")))
    assert [one.what for one in sent.exposures.all()] == ["a GitHub token"]
    assert sent.status == 202
    assert Entry.objects.get(submission=sent).outcome == "waiting"
    noted = AuditRow.objects.get(act="secret.exposed")
    assert noted.subject_id == str(sent.pk)
    assert json.loads(noted.after) == {"what": ["a GitHub token"]}
    with connection.cursor() as cursor:
        for table in ("exposure", "audit_row"):
            cursor.execute(f"SELECT count(*) FROM {table} AS one WHERE one::text LIKE %s", [f"%{GITHUB}%"])
            assert cursor.fetchone() == (0,)


def test_it_is_said_of_what_is_refused_too(retail: Site) -> None:
    refused = send(retail, b"{" + GITHUB.encode())
    assert refused.status == 400
    assert refused.exposures.count() == 1


def test_a_body_full_of_them_says_so_in_few_rows(retail: Site) -> None:
    send(retail, payloads.bulk(*(payloads.deployment(number, description=GITHUB) for number in range(1, 99))))
    assert Exposure.objects.count() == exposures.MOST


def test_the_page_and_the_list_say_so(retail: Site) -> None:
    sent, other = (
        send(retail, payloads.bulk(payloads.deployment(number, description=text)))
        for number, text in ((1, GITHUB), (2, "as always"))
    )
    client = Client()
    client.force_login(builders.user("viewer"))
    page = client.get(f"/submissions/{sent.pk}/").content.decode()
    assert "It seems to hold a GitHub token" in page
    assert GITHUB not in page  # A viewer sees that there is one, and not which.
    listed = client.get("/submissions/?show=secrets").content.decode()
    assert str(sent.pk) in listed
    assert str(other.pk) not in listed
