"""Bodies as senders write them."""

import json
from typing import Any

# The minimum payload of Atlassian's tutorial, in its own words.
TUTORIAL: dict[str, Any] = {
    "deploymentSequenceNumber": 100,
    "updateSequenceNumber": 1,
    "associations": [{"associationType": "issueIdOrKeys", "values": ["EXAMPLE-1"]}],
    "displayName": "Deployment number 16 of Data Depot",
    "url": "http://mydeployer.com/project1/1111-222-333/prod-east",
    "description": "The bits are being transferred",
    "lastUpdated": "2018-01-20T23:27:25.000Z",
    "state": "successful",
    "pipeline": {
        "id": "e9c906a7-451f-4fa6-ae1a-c389e2e2d87c",
        "displayName": "Data Depot Deployment",
        "url": "http://mydeployer.com/project1",
    },
    "environment": {"id": "8ec94d72-a4fc-4ac0-b31d-c5a595f373ba", "displayName": "US East", "type": "production"},
}

MISSING = object()


def deployment(number: int = 1, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid deployment with some fields changed; `MISSING` takes a field out."""
    made: dict[str, Any] = {
        **TUTORIAL,
        "deploymentSequenceNumber": number,
        "updateSequenceNumber": sequence,
        "pipeline": {"id": "checkout-api", "displayName": "checkout-api", "url": "https://ci.example/checkout-api"},
        "environment": {"id": "staging", "displayName": "staging", "type": "staging"},
        "label": f"v1.0.{number}",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not MISSING}


def issues(*keys: str) -> list[dict[str, Any]]:
    """The associations of a deployment that names these issues."""
    return [{"associationType": "issueIdOrKeys", "values": list(keys)}]


def bulk(*deployments: Any, **around: Any) -> bytes:
    """The body of a submitDeployments request."""
    return json.dumps({**around, "deployments": list(deployments)}).encode()


def build(number: int = 1, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid build with some fields changed; `MISSING` takes a field out."""
    made: dict[str, Any] = {
        "pipelineId": "checkout-api",
        "buildNumber": number,
        "updateSequenceNumber": sequence,
        "displayName": f"checkout-api #{number}",
        "url": f"https://ci.example/checkout-api/{number}",
        "state": "successful",
        "lastUpdated": "2026-11-18T13:02:02.000Z",
        "issueKeys": ["SHOP-1"],
        "testInfo": {"totalNumber": 150, "numberPassed": 145, "numberFailed": 5},
        "references": [{"commit": {"id": "abc", "repositoryUri": "https://git.example/r"}}],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not MISSING}


def commit(ident: str = "abc123", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid commit."""
    made: dict[str, Any] = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "message": "SHOP-1 Mend the basket",
        "author": {"name": "A committer"},
        "fileCount": 1,
        "url": f"https://git.example/r/commits/{ident}",
        "authorTimestamp": "2026-11-18T12:00:00+01:00",
        "displayId": ident[:7],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not MISSING}


def branch(ident: str = "main", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid branch."""
    made: dict[str, Any] = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "name": ident,
        "lastCommit": commit("def456", sequence),
        "url": f"https://git.example/r/branches/{ident}",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not MISSING}


def pull_request(ident: str = "7", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid pull request."""
    made: dict[str, Any] = {
        "id": ident,
        "updateSequenceId": sequence,
        "issueKeys": ["SHOP-1"],
        "status": "OPEN",
        "title": "SHOP-1 Mend the basket",
        "author": {"name": "A committer"},
        "commentCount": 2,
        "sourceBranch": "mend",
        "lastUpdate": "2026-11-18T12:30:00Z",
        "url": f"https://git.example/r/pulls/{ident}",
        "displayId": f"#{ident}",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not MISSING}


def repository(ident: str = "r1", sequence: int = 1, **inside: Any) -> dict[str, Any]:
    """A valid repository with its commits, branches and pullRequests."""
    made = {"id": ident, "name": ident, "url": f"https://git.example/{ident}", "updateSequenceId": sequence}
    return {**made, **inside}


def bulk_of(api: str, *entities: Any, **around: Any) -> bytes:
    """The body of a submission to one API."""
    name = "repositories" if api == "devinfo" else api
    return json.dumps({**around, name: entities}).encode()
