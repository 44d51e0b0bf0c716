"""Deployments to submit."""

from typing import Any


def deployment(number: int = 100, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A deployment that Jira takes, with changes to its fields; a field set to None is left out."""
    sample = {
        "deploymentSequenceNumber": number,
        "updateSequenceNumber": sequence,
        "issueKeys": ["SHOP-1"],
        "displayName": f"checkout-api #{number}",
        "url": "https://ci.example.com/checkout-api/100",
        "description": "Deployed by CI",
        "lastUpdated": "2026-11-18T13:02:09Z",
        "label": f"v4.18.{number}",
        "state": "successful",
        "pipeline": {"id": "checkout-api", "displayName": "checkout-api", "url": "https://ci.example.com/checkout-api"},
        "environment": {"id": "production-eu", "displayName": "production-eu", "type": "production"},
    }
    return {name: value for name, value in {**sample, **changes}.items() if value is not None}


def bulk(*deployments: dict[str, Any], **around: Any) -> dict[str, Any]:
    """A body of submitDeployments."""
    return {"deployments": list(deployments), **around}


def key(number: int = 100, pipeline: str = "checkout-api", environment: str = "production-eu") -> dict[str, Any]:
    """The key by which a receipt names a deployment."""
    return {"pipelineId": pipeline, "environmentId": environment, "deploymentSequenceNumber": number}


WHERE = "/pipelines/checkout-api/environments/production-eu/deployments/100"
