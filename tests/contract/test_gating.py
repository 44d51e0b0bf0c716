"""Gating: a deployment that asks for it awaits a decision of Jira Service Management's."""

from .conftest import JiraLike
from .rows import DEPLOYMENT, message_of


def test_a_gated_deployment_awaits_a_decision(jira_like: JiraLike) -> None:
    gated = DEPLOYMENT.make(state="pending", commands=[{"command": "initiate_deployment_gating"}])
    jira_like.post("deployments", DEPLOYMENT.body(gated))
    answer = jira_like.get("deployments", f"{DEPLOYMENT.where()}/gating-status")
    assert (answer.status_code, answer.json()["gatingStatus"]) == (200, "awaiting")


def test_what_is_not_gated_has_no_gating_status(jira_like: JiraLike) -> None:
    answer = jira_like.get("deployments", f"{DEPLOYMENT.where()}/gating-status")
    assert answer.status_code == 404
    assert message_of("deployments", answer.json()) == "No data found for the given deployment ID."
