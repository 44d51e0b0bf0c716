"""Looking at a body says what submitting it would say, and leaves nothing behind."""

import pytest
from django.utils import timezone

from devops_sync import ledger
from devops_sync.models import Entry, Site, Submission
from tests.gateway.conftest import make_site
from tests.payloads import MISSING, build, bulk, deployment

BODIES = [
    bulk(deployment(1)),
    bulk(deployment(1), deployment(2, url="javascript:alert(1)"), deployment(3, label=MISSING)),
    bulk(deployment(1), properties={"a:b": "c"}),
    b'{"deployments": [}',
    b"\xff",
    b"",
]


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


def said(items: list[ledger.Item]) -> list[tuple[str, str]]:
    return [(item.raw, item.fault) for item in items]


@pytest.mark.parametrize("body", BODIES)
def test_it_says_what_submitting_says(body: bytes, site: Site) -> None:
    checked: object
    submitted: object
    try:
        checked = said(ledger.check("deployments", body).items)
    except ledger.Refused as refused:
        checked = (refused.status, refused.message)
    assert not Submission.objects.exists()
    assert not Entry.objects.exists()
    arrival = ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site)
    try:
        submitted = said(ledger.submit(arrival).items)
    except ledger.Refused as refused:
        submitted = (refused.status, refused.message)
    assert checked == submitted


def test_the_body_shows_which_api_it_is_for() -> None:
    assert ledger.check("", bulk(deployment())).api == "deployments"
    assert ledger.check("", b'{"repositories": [{"id": "r"}]}').api == "devinfo"
    with pytest.raises(ledger.Refused, match="no JSON object with deployments, builds or repositories"):
        ledger.check("", b'{"features": []}')
    with pytest.raises(ledger.Refused, match=r"not valid JSON: .*byte 12"):
        ledger.check("", b'{"builds": [}')


def test_it_reads_by_the_api_that_is_asked_for() -> None:
    with pytest.raises(ledger.Refused, match="'builds' is required"):
        ledger.check("builds", bulk(deployment(), build()))
