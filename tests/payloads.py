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
