"""What is asked of the ledger, act by act: each one follows from the seed and its number alone.

The keys are few, so that versions of one key follow each other, overtake each other and race deletions. Deletions come
in bursts, since one may have to wait for a request that nobody read the answer of.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from tests import payloads
from tests.payloads import MISSING

APIS = ("deployments", "builds", "devinfo")
MEAN_ENTITIES = 10
VERSIONS_OF_A_KEY = 6
ACCOUNTS = ("anna", "berta", "carla", "dora")
REPOSITORIES = 4
_IN_A_BURST = 24
_SEQUENCES_OF_AN_ACT = 100


@dataclass(frozen=True)
class Act:
    """A submission with its body, or a deletion of one key or by properties."""

    site: int
    api: str
    body: bytes = b""
    kind: str = ""
    key: tuple[str | int, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    until: int | None = None


@dataclass(frozen=True)
class Script:
    """All acts of a run. It has no end: a run that needs more of them takes more."""

    seed: int
    entities: int
    sites: int

    @property
    def length(self) -> int:
        """About how many acts bring so many entities."""
        return max(self.entities // MEAN_ENTITIES, 1)

    @property
    def keys(self) -> int:
        """How many keys there are in a site and an API."""
        return max(self.entities // (self.sites * len(APIS) * VERSIONS_OF_A_KEY), 8)

    def act(self, number: int) -> Act:
        draw = random.Random(f"{self.seed}/{number}")
        if number > 10 and draw.random() < 0.05:
            return self.act(number - draw.randint(1, 10))
        site, api, bursting = draw.randrange(self.sites), draw.choice(APIS), self._bursting(number)
        if bursting is not None and draw.random() < 0.5:
            site = bursting
        if site == bursting and draw.random() < 0.6:
            return self._deletion(draw, number, site, api)
        if draw.random() < 0.01:
            return Act(site, api, b'{"this is": ')
        return Act(site, api, self._body(draw, number, api))

    def _bursting(self, number: int) -> int | None:
        """Which site has a burst of deletions, if any: the others go on meanwhile."""
        bursts = self.sites * (1 + self.entities // 20_000)
        period = max(self.length // bursts, 2)
        turn, at = divmod(number, period)
        return turn % self.sites if 0 <= at - period // 2 < min(_IN_A_BURST, period // 3) else None

    def _deletion(self, draw: random.Random, number: int, site: int, api: str) -> Act:
        # Half of the time a little behind what others are about to submit.
        until = draw.choice([None, self._sequence(draw, number)]) if api == "devinfo" else None
        if draw.random() < 0.4:
            return Act(site, api, properties={"account": draw.choice(ACCOUNTS)}, until=until)
        place = draw.randrange(self.keys)
        if api == "deployments":
            return Act(site, api, kind="deployment", key=("shop", "production", place))
        if api == "builds":
            return Act(site, api, kind="build", key=("shop", place))
        kind = draw.choice(["repository", "commit", "branch", "pull_request"])
        repository, _ = self._repository(draw)
        inside = () if kind == "repository" else (self._ident(draw),)
        return Act(site, api, kind=kind, key=(repository, *inside), until=until)

    def _body(self, draw: random.Random, number: int, api: str) -> bytes:
        least, most = draw.choices([(1, 5), (6, 20), (30, 60)], [6, 3, 1])[0]
        many, account = draw.randint(least, most), draw.choice(ACCOUNTS)
        if api == "devinfo":
            ident, account = self._repository(draw)
            inside = self._inside(draw, number, many)
            made = [payloads.repository(ident, self._sequence(draw, number), **inside)]
        else:
            make = self._deployment if api == "deployments" else self._build
            made = [make(draw, number) for _ in range(many)]
        return payloads.bulk_of(api, *made, properties={"account": account})

    def _deployment(self, draw: random.Random, number: int) -> dict[str, Any]:
        around = {"pipeline": _PIPELINE, "environment": _TARGET, "associations": payloads.issues(_issue(draw))}
        place = draw.randrange(self.keys)
        return payloads.deployment(place, self._sequence(draw, number), **around, **_fault(draw))

    def _build(self, draw: random.Random, number: int) -> dict[str, Any]:
        around = {"pipelineId": "shop", "issueKeys": [_issue(draw)]}
        return payloads.build(draw.randrange(self.keys), self._sequence(draw, number), **around, **_fault(draw))

    def _inside(self, draw: random.Random, number: int, many: int) -> dict[str, list[dict[str, Any]]]:
        """Commits, branches and pull requests of one repository."""
        inside: dict[str, list[dict[str, Any]]] = {}
        for _ in range(many):
            array, make = draw.choice(_IN_REPOSITORY)
            around = {"issueKeys": [_issue(draw)], **_fault(draw)}
            inside.setdefault(array, []).append(make(self._ident(draw), self._sequence(draw, number), **around))
        return inside

    def _repository(self, draw: random.Random) -> tuple[str, str]:
        """A repository and the account that sends it this time."""
        return f"repository-{draw.randrange(REPOSITORIES)}", draw.choice(ACCOUNTS)

    def _ident(self, draw: random.Random) -> str:
        return f"i{draw.randrange(max(self.keys // (REPOSITORIES * len(_IN_REPOSITORY)), 2))}"

    def _sequence(self, draw: random.Random, number: int) -> int:
        """It grows from act to act, but one in seven comes late."""
        late = draw.randint(1, 60) if draw.random() < 0.15 else 0
        return max(number - late, 0) * _SEQUENCES_OF_AN_ACT + draw.randrange(1, _SEQUENCES_OF_AN_ACT)


_PIPELINE = {"id": "shop", "displayName": "shop", "url": "https://ci.example/shop"}
_TARGET = {"id": "production", "displayName": "production", "type": "production"}
_IN_REPOSITORY = (
    ("commits", payloads.commit),
    ("branches", payloads.branch),
    ("pullRequests", payloads.pull_request),
)


def _issue(draw: random.Random) -> str:
    """An issue that Jira knows, mostly."""
    return "NOPE-1" if draw.random() < 0.03 else f"SHOP-{draw.randint(1, 500)}"


def _fault(draw: random.Random) -> dict[str, Any]:
    """What makes the ledger refuse an entity, now and then."""
    return {"url": MISSING} if draw.random() < 0.015 else {}
