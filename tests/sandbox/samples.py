"""Deployments, builds and repositories to submit. A field that is set to None is left out."""

from typing import Any


def deployment(number: int = 100, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A deployment that Jira takes, with changes to its fields."""
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
    return _changed(sample, changes)


def _changed(sample: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**sample, **changes}.items() if value is not None}


def build(number: int = 100, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A build that Jira takes."""
    sample = {
        "pipelineId": "checkout-api",
        "buildNumber": number,
        "updateSequenceNumber": sequence,
        "issueKeys": ["SHOP-1"],
        "displayName": f"checkout-api build {number}",
        "url": "https://ci.example.com/checkout-api/100",
        "state": "successful",
        "lastUpdated": "2026-11-18T13:02:09Z",
        "testInfo": {"totalNumber": 120, "numberPassed": 118, "numberFailed": 1, "numberSkipped": 1},
    }
    return _changed(sample, changes)


def commit(ident: str = "c1", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A commit that Jira takes."""
    sample = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "message": f"SHOP-1 Change {ident}\n\nAnd say why.",
        "author": {"name": "Ada", "email": "ada@example.com"},
        "fileCount": 1,
        "url": f"https://git.example.com/checkout-api/commit/{ident}",
        "authorTimestamp": "2026-11-18T12:00:00Z",
        "displayId": ident[:7],
    }
    return _changed(sample, changes)


def branch(ident: str = "b1", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A branch that Jira takes."""
    sample = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "name": f"feature/{ident}",
        "lastCommit": commit("c0", sequence),
        "url": f"https://git.example.com/checkout-api/tree/{ident}",
    }
    return _changed(sample, changes)


def pull_request(ident: str = "p1", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A pull request that Jira takes."""
    sample = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "status": "OPEN",
        "title": f"Pull request {ident}",
        "author": {"name": "Ada"},
        "commentCount": 2,
        "sourceBranch": "feature/b1",
        "destinationBranch": "main",
        "lastUpdate": "2026-11-18T12:30:00Z",
        "url": f"https://git.example.com/checkout-api/pull/{ident}",
        "displayId": f"#{ident}",
    }
    return _changed(sample, changes)


def repository(ident: str = "repo-1", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A repository that Jira takes, empty unless commits, branches or pullRequests are given."""
    sample = {
        "id": ident,
        "name": "checkout-api",
        "url": "https://git.example.com/checkout-api",
        "updateSequenceId": sequence,
    }
    return _changed(sample, changes)


def builds(*found: dict[str, Any], **around: Any) -> dict[str, Any]:
    """A body of submitBuilds."""
    return {"builds": list(found), **around}


def devinfo(*repositories: dict[str, Any], **around: Any) -> dict[str, Any]:
    """A body of storeDevelopmentInformation."""
    return {"repositories": list(repositories), **around}


def build_key(number: int = 100, pipeline: str = "checkout-api") -> dict[str, Any]:
    """The key by which a receipt names a build."""
    return {"pipelineId": pipeline, "buildNumber": number}


def bulk(*deployments: dict[str, Any], **around: Any) -> dict[str, Any]:
    """A body of submitDeployments."""
    return {"deployments": list(deployments), **around}


def key(number: int = 100, pipeline: str = "checkout-api", environment: str = "production-eu") -> dict[str, Any]:
    """The key by which a receipt names a deployment."""
    return {"pipelineId": pipeline, "environmentId": environment, "deploymentSequenceNumber": number}


WHERE = "/pipelines/checkout-api/environments/production-eu/deployments/100"
WHERE_BUILD = "/pipelines/checkout-api/builds/100"
