"""What the lists of what came in and what went out can be filtered by: themselves, and what they carried.

What was carried is found by what is current of it, see `devops_sync.models.trail`: by an issue, a text, a pipeline or
an environment. By properties it is found through the envelopes that they came in.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from devops_sync.models import Delivery, Deployment, Submission, Token, trail
from devops_sync.models.current import CurrentQuerySet
from devops_sync.models.submission import first_id_at

from .filters import DatedFilters, Known
from .kinds import KINDS

APIS = (("deployments", "Deployments"), ("builds", "Builds"), ("devinfo", "Development"))
_HASH = re.compile(r"[0-9a-f]{7,64}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f-]{0,27})?")
_NUMBER = re.compile(r"[0-9]{1,18}")
_TEXTS = ("deployment", "build", "repository")
Rows = CurrentQuerySet[Any]


@dataclass
class CarriedFilters(DatedFilters):
    """`is_cut` is told after the rows were asked for: more matches than was followed, and the latest of it was."""

    apis: list[str] = field(default_factory=list)
    pipelines: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    environment_types: list[str] = field(default_factory=list)
    issue: str = ""
    properties: list[tuple[str, str]] = field(default_factory=list)
    q: str = ""
    is_cut: bool = False

    def read(self) -> None:
        self.q = self.text("q")
        if self.q:
            self.chip("q", self.q)
        self.read_own()
        self.apis = self.choices("api", APIS, "API")
        self.pipelines, self.environments = self.named("pipeline"), self.named("environment")
        self.environment_types = self.choices(
            "environment_type", Deployment.EnvironmentType.choices, "environment type"
        )
        self.issue = self.issue_key()
        self.properties = self.pairs()
        self.read_days()

    def read_own(self) -> None:
        """Read what only this list can be filtered by."""

    @property
    def environments_chosen(self) -> int:
        return len(self.environments) + len(self.environment_types)

    @property
    def follows(self) -> bool:
        """Whether it is asked for by what was carried."""
        return bool(self.q or self.issue or self.pipelines or self.environments_chosen)

    @property
    def most(self) -> int:
        return trail.ENTITIES

    @property
    def text_id(self) -> str:
        """The text, as an id or a hash is written."""
        return self.q.lower()

    def current(self, known: Iterable[Known]) -> list[Rows]:
        """What is or was current and matches, kind by kind."""
        found = []
        for name, kind in KINDS.items():
            if self.apis and kind.api not in self.apis:
                continue
            rows: Any = kind.model._default_manager.filter(site__in=self.sites)
            if (narrowed := self._narrow(name, rows, known)) is not None:
                found.append(narrowed)
        return found

    def _narrow(self, kind: str, rows: Any, known: Iterable[Known]) -> Rows | None:
        """Those of a kind that match; None where the kind has nothing that is asked for."""
        if self.environments_chosen and kind != "deployment":
            return None
        if self.pipelines:
            if kind not in ("deployment", "build"):
                return None
            named = {one.pipeline_id for one in known if one.pipeline_name in self.pipelines}
            rows = rows.filter(pipeline_id__in={*self.pipelines, *named})
        if self.environments:
            rows = rows.filter(Q(environment_id__in=self.environments) | Q(environment_name__in=self.environments))
        if self.environment_types:
            rows = rows.filter(environment_type__in=self.environment_types)
        if self.issue:
            if kind == "repository":
                return None
            rows = rows.for_issue(self.issue)
        if self.q:
            rows = self._saying(kind, rows)
        found: Rows | None = rows
        return found

    def _saying(self, kind: str, rows: Any) -> Rows | None:
        """By the index that the kind has for texts: commits by their hash, other development information by none."""
        if kind in _TEXTS:
            said: Rows = rows.saying(self.q)
            return said
        if kind == "commit" and _HASH.fullmatch(self.text_id):
            hashed: Rows = rows.filter(ident__startswith=self.text_id)
            return hashed
        return None

    def envelopes(self) -> list[int]:
        """The envelopes with all the properties that are asked for."""
        pairs = dict(self.properties)
        if len(pairs) < len(set(self.properties)):
            return []  # One key cannot have two values.
        return trail.envelopes_with([site.pk for site in self.sites], pairs)


@dataclass
class SubmissionFilters(CarriedFilters):
    show: str = ""
    senders: list[str] = field(default_factory=list)

    def read_own(self) -> None:
        known = [
            ("refused", "only the refused"),
            ("rejected", "only with what Jira rejected"),
            ("secrets", "only with what looks like a secret"),
        ]
        self.show = next(iter(self.choices("show", known, "way to show it")), "")
        self.senders = self.named("sender")

    @property
    def within(self) -> Q:
        """Those that came in between the days: their ids grow with time."""
        found = Q(pk__gte=first_id_at(self.start)) if self.start else Q()
        return found & Q(pk__lt=first_id_at(self.end)) if self.end else found

    def narrow(self, known: Iterable[Known]) -> Q:
        """What the rows must be. It looks up by whom and by what they came."""
        found = self.within
        if self.apis:
            found &= Q(api__in=self.apis)
        if self.senders:
            tokens = Token.objects.filter(site__in=self.sites, name__in=self.senders)
            found &= Q(token__in=list(tokens.values_list("pk", flat=True)))
        if self.properties:
            found &= Q(envelope__in=self.envelopes())
        if self.follows and not self.problems:
            led = trail.to_submissions(self.current(known), fenced=bool(self.issue))
            self.is_cut = led.is_cut
            named = self._named() if not (self.issue or self.pipelines or self.environments_chosen) else Q(pk__in=[])
            found &= Q(pk__in=led.ids) | named
        return found

    def _named(self) -> Q:
        """Those that the text itself names: by their id or how it begins, by the digest of their bytes."""
        found = Q(pk__in=[])
        if _ID.fullmatch(self.text_id):
            digits = self.text_id.replace("-", "")
            if len(digits) <= 32:
                found |= Q(pk__range=(uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))))
        if len(self.text_id) == 64 and _HASH.fullmatch(self.text_id):
            found |= Q(pk__in=list(Submission.objects.with_digest(self.text_id).values_list("pk", flat=True)[:100]))
        return found


@dataclass
class DeliveryFilters(CarriedFilters):
    verdicts: list[str] = field(default_factory=list)

    def read_own(self) -> None:
        known = [(value, word) for value, word in Delivery.Verdict.choices if value]
        self.verdicts = self.choices("verdict", [*known, ("unanswered", "Unanswered")], "verdict")

    @property
    def within(self) -> Q:
        """Those that left between the days."""
        found = Q(started_at__gte=self.start) if self.start else Q()
        return found & Q(started_at__lt=self.end) if self.end else found

    @property
    def stored_verdicts(self) -> list[str]:
        return ["" if value == "unanswered" else value for value in self.verdicts]

    def narrow(self, known: Iterable[Known]) -> Q:
        """What the rows must be, save their lanes. It looks up by what they are asked for."""
        found = self.within
        if self.verdicts:
            found &= Q(verdict__in=self.stored_verdicts)
        if self.problems or not (self.follows or self.properties):
            return found
        trails: list[trail.Trail[int]] = []
        if self.follows:
            trails.append(trail.to_deliveries(self.current(known), fenced=bool(self.issue)))
        if self.properties:
            trails.append(trail.deliveries_in(self.envelopes(), self.end))
        led = trails[0].crossing(trails[-1]) if len(trails) > 1 else trails[0]
        self.is_cut = led.is_cut
        ids = Q(pk__in=led.ids)
        if _NUMBER.fullmatch(self.q) and not (self.issue or self.pipelines or self.environments_chosen):
            ids |= Q(pk=int(self.q))
        return found & ids
