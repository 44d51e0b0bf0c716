"""What Jira accepts: a request body is read here, at our own door as well as in the sandbox.

Jira refuses some faults with the whole request (`Malformed`, a 400) and others with the one entity
that has them (`Item.fault`, inside a 202). Each fault is one sentence that names the field. The raw
JSON of every entity is kept as it came, unknown fields included, since the API grows.

Limits and wording: Atlassian's reference of the APIs and what clients in the field report.
"""

from .deployments import Deployment, asks_for_a_gate, deployment_key, issues_of, read_deployments
from .reading import Bulk, Fault, Item, Malformed, Named, is_web_address

__all__ = [
    "Bulk",
    "Deployment",
    "Fault",
    "Item",
    "Malformed",
    "Named",
    "asks_for_a_gate",
    "deployment_key",
    "is_web_address",
    "issues_of",
    "read_deployments",
]
