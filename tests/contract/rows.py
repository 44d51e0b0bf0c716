"""The kinds of the contract's tables as rows: how each is made, submitted, read and named in a receipt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.sandbox import samples

from .conftest import JiraLike

Entity = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One kind. Entities are told apart by a number."""

    kind: str
    api: str
    sequence: str
    path: str
    made: Callable[..., Entity]
    array: str = ""

    def make(self, number: int = 1, sequence: int = 1, **changes: Any) -> Entity:
        if self.api == "devinfo":
            return self.made(f"x{number}", sequence, **changes)
        return self.made(number, sequence, **changes)

    def body(self, *entities: Entity, **around: Any) -> dict[str, Any]:
        """A bulk with these entities; those of devinfo lie in one repository."""
        if self.api != "devinfo":
            return {self.api: list(entities), **around}
        if self.kind == "repository":
            return samples.devinfo(*entities, **around)
        return samples.devinfo(samples.repository("home", **{self.array: list(entities)}), **around)

    def where(self, number: int = 1) -> str:
        """Where one can be deleted, and all but parts of a repository read."""
        return self.path.format(number=number)

    def read(self, jira: JiraLike, number: int = 1) -> Entity | None:
        """The entity as it is held, or None."""
        if not self.array:
            answer = jira.get(self.api, self.where(number))
            return None if answer.status_code == 404 else _without(answer.json(), self.kind)
        answer = jira.get("devinfo", "/repository/home")
        held = answer.json().get(self.array, []) if answer.status_code == 200 else []
        found: list[Entity] = [entity for entity in held if entity["id"] == f"x{number}"]
        return found[0] if found else None

    def accepted(self, receipt: dict[str, Any]) -> list[int]:
        """The numbers of the entities that a receipt accepts."""
        if self.api != "devinfo":
            return [int(key[_NUMBERS[self.api]]) for key in receipt[f"accepted{self.api.title()}"]]
        found: dict[str, Any] = receipt["acceptedDevinfoEntities"]
        return _numbers(found if self.kind == "repository" else found.get("home", {}).get(self.array, []))

    def rejected(self, receipt: dict[str, Any]) -> dict[int, str]:
        """What a receipt says of the entities that it rejects, by number."""
        if self.api != "devinfo":
            name = _NUMBERS[self.api]
            entries = receipt[f"rejected{self.api.title()}"]
            return {int(entry["key"][name]): entry["errors"][0]["message"] for entry in entries}
        failed = receipt["failedDevinfoEntities"]
        if self.kind == "repository":
            pairs = failed.items()
        else:
            pairs = [(entry["id"], entry) for entry in failed.get("home", {}).get(self.array, [])]
        return {_numbers([ident])[0]: entry["errorMessages"][0]["message"] for ident, entry in pairs}


_NUMBERS = {"deployments": "deploymentSequenceNumber", "builds": "buildNumber"}


def _numbers(idents: Iterable[str]) -> list[int]:
    return [int(ident.removeprefix("x")) for ident in idents]


def _without(entity: Entity, kind: str) -> Entity:
    """A repository without the arrays of what lies in it, if they are empty."""
    if kind != "repository":
        return entity
    return {
        name: value for name, value in entity.items() if value or name not in ("commits", "branches", "pullRequests")
    }


DEPLOYMENT = Row(
    "deployment",
    "deployments",
    "updateSequenceNumber",
    "/pipelines/checkout-api/environments/production-eu/deployments/{number}",
    samples.deployment,
)
BUILD = Row("build", "builds", "updateSequenceNumber", "/pipelines/checkout-api/builds/{number}", samples.build)
REPOSITORY = Row("repository", "devinfo", "updateSequenceId", "/repository/x{number}", samples.repository)
COMMIT = Row("commit", "devinfo", "updateSequenceId", "/repository/home/commit/x{number}", samples.commit, "commits")
BRANCH = Row("branch", "devinfo", "updateSequenceId", "/repository/home/branch/x{number}", samples.branch, "branches")
PULL_REQUEST = Row(
    "pull_request",
    "devinfo",
    "updateSequenceId",
    "/repository/home/pull_request/x{number}",
    samples.pull_request,
    "pullRequests",
)

ROWS = (DEPLOYMENT, BUILD, REPOSITORY, COMMIT, BRANCH, PULL_REQUEST)
BY_API = {"deployments": DEPLOYMENT, "builds": BUILD, "devinfo": REPOSITORY}
EMPTY_RECEIPTS: dict[str, dict[str, Any]] = {
    "deployments": {"acceptedDeployments": [], "rejectedDeployments": []},
    "builds": {"acceptedBuilds": [], "rejectedBuilds": []},
    "devinfo": {"acceptedDevinfoEntities": {}, "failedDevinfoEntities": {}},
}


def message_of(api: str, refusal: Any) -> str:
    """The message of a 400, 404 or 413, which has the shape of its API."""
    if api == "devinfo":
        assert list(refusal) == ["errorMessages"]
        refusal = refusal["errorMessages"]
    (error,) = refusal
    message: str = error["message"]
    return message
