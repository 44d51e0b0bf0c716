"""What Jira accepts: a request body is read here, at our own door as well as in the sandbox.

Jira refuses some faults with the whole request (`Malformed`, a 400) and others with the one entity
that has them (`Item.fault`, inside a 202). Each fault is one sentence that names the field. The raw
JSON of every entity is kept as it came, unknown fields included, since the API grows.

Limits and wording: Atlassian's reference of the APIs and what clients in the field report.
"""

from .builds import Build, read_builds
from .deployments import Deployment, asks_for_a_gate, read_deployments
from .devinfo import ARRAYS, MAX_OF_A_TYPE, MAX_REPOSITORIES, Branch, Commit, PullRequest, Repository, read_devinfo
from .kinds import KINDS, Kind, issues_of, read
from .reading import Bulk, Fault, Item, Malformed, Named, is_web_address, loosely

__all__ = [
    "ARRAYS",
    "KINDS",
    "MAX_OF_A_TYPE",
    "MAX_REPOSITORIES",
    "Branch",
    "Build",
    "Bulk",
    "Commit",
    "Deployment",
    "Fault",
    "Item",
    "Kind",
    "Malformed",
    "Named",
    "PullRequest",
    "Repository",
    "asks_for_a_gate",
    "is_web_address",
    "issues_of",
    "loosely",
    "read",
    "read_builds",
    "read_deployments",
    "read_devinfo",
]
