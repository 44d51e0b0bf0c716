"""Delivery as a Connect app: each request is signed, and a refusal is final."""

import pytest
from django.utils import timezone

from devops_sync import sites
from devops_sync.models import Delivery, Lane, Site
from tests.delivery.conftest import Submit, deliver, outcomes
from tests.payloads import deployment
from tests.sandbox_process import Sandbox


@pytest.fixture
def site(sandbox: Sandbox, db: None) -> Site:
    key, secret = sandbox.connect_app()
    return sites.connect("demo", sandbox.url, key, secret, timezone.now(), auth=Site.Auth.CONNECT, allow_private=True)


def test_what_is_submitted_arrives_in_the_apps_own_data(
    sandbox: Sandbox, site: Site, lane: Lane, submit: Submit
) -> None:
    submit(deployment(1), deployment(2))
    deliver(lane)
    assert outcomes() == ["accepted", "accepted"]
    assert len(sandbox.held(site.client_id)) == 2


def test_the_record_says_how_it_was_signed_and_not_with_what(lane: Lane, submit: Submit, sandbox: Sandbox) -> None:
    submit(deployment())
    deliver(lane)
    sent = Delivery.objects.get()
    assert sent.request_headers["Authorization"] == "JWT struck out"
    assert sent.url == f"{sandbox.url}/rest/deployments/0.1/bulk"


def test_a_refused_signature_holds_the_lane_at_once(lane: Lane, submit: Submit, sandbox: Sandbox, site: Site) -> None:
    site.secret = "another secret of more than thirty-two bytes"
    site.save()
    submit(deployment())
    held = deliver(lane)
    assert held.held_at is not None
    assert held.held_reason.startswith(
        "Jira answers 401 even to a new token. Check the credential in Jira and the clock"
    )
    assert (Delivery.objects.count(), outcomes()) == (1, ["waiting"])


def test_what_was_held_goes_out_once_the_secret_is_right(
    lane: Lane, submit: Submit, sandbox: Sandbox, site: Site
) -> None:
    right = site.secret
    site.secret = "another secret of more than thirty-two bytes"
    site.save()
    submit(deployment())
    deliver(lane)
    site.secret = right
    site.save()
    Lane.objects.update(held_at=None)
    deliver(lane)
    assert outcomes() == ["accepted"]
