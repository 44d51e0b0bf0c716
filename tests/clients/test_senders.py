"""What well-known senders send is taken, delivered, accepted by Jira, and current in the ledger."""

import json
from typing import Any

import pytest
from django.test import Client

from devops_sync import delivery
from devops_sync.jira import paths
from devops_sync.kinds import of_api
from devops_sync.models import Entry, Lane, Site
from tests.clients import shapes
from tests.delivery.conftest import site as site
from tests.gateway.conftest import make_token
from tests.sandbox_process import Sandbox

SENT = {
    "GitHub for Jira: development information": ("devinfo", shapes.GITHUB_DEVINFO),
    "GitHub for Jira: builds": ("builds", shapes.GITHUB_BUILDS),
    "GitHub for Jira: deployments": ("deployments", shapes.GITHUB_DEPLOYMENTS),
    "GitLab: development information": ("devinfo", shapes.GITLAB_DEVINFO),
    "GitLab: builds": ("builds", shapes.GITLAB_BUILDS),
    "GitLab: deployments": ("deployments", shapes.GITLAB_DEPLOYMENTS),
    "Jenkins: builds": ("builds", shapes.JENKINS_BUILDS),
    "Jenkins: deployments": ("deployments", shapes.JENKINS_DEPLOYMENTS),
    "CircleCI: builds": ("builds", shapes.CIRCLECI_BUILDS),
    "CircleCI: deployments": ("deployments", shapes.CIRCLECI_DEPLOYMENTS),
}


@pytest.mark.parametrize(("api", "body"), SENT.values(), ids=SENT.keys())
def test_what_a_sender_sends_reaches_jira(
    client: Client,
    site: Site,
    sandbox: Sandbox,
    api: str,
    body: dict[str, Any],
) -> None:
    answer = client.post(
        f"{paths.on_gateway(api, site.cloud_id)}/bulk",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {make_token(site)}"},
    )
    assert answer.status_code == 202
    assert not any(value for name, value in answer.json().items() if name.startswith(("rejected", "failed")))
    delivery.run(Lane.objects.get(site=site, api=api).pk)
    entries = list(Entry.objects.all())
    assert [(entry.outcome, entry.messages) for entry in entries] == [("accepted", [])] * len(entries)
    current = {row.entry_id for kind in of_api(api) for row in kind.model._default_manager.all()}
    assert current == {entry.pk for entry in entries}
    assert sum(len(sandbox.held(kind=kind.name)) for kind in of_api(api)) == len(entries)
