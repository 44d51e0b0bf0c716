"""What a pipeline's page can be asked for: how long back, and which environments."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from devops_sync.models import Deployment
from devops_sync.models.pipeline import Environment

from .filters import Filters


@dataclass(frozen=True)
class Span:
    """How long back a page looks."""

    name: str
    word: str
    said: str
    length: dt.timedelta


SPANS = {
    span.name: span
    for span in (
        Span("day", "A day", "the last day", dt.timedelta(days=1)),
        Span("week", "A week", "the last week", dt.timedelta(days=7)),
        Span("month", "A month", "the last 30 days", dt.timedelta(days=30)),
        Span("quarter", "3 months", "the last 91 days", dt.timedelta(days=91)),
    )
}
USUAL = SPANS["week"]


@dataclass
class PipelineFilters(Filters):
    span: Span = USUAL
    environments: list[str] = field(default_factory=list)
    environment_types: list[str] = field(default_factory=list)

    def read(self) -> None:
        asked = self.text("span")
        if asked and asked not in SPANS:
            self.problems.append(f"“{asked}” is no span of time. There are: {', '.join(SPANS)}.")
        self.span = SPANS.get(asked, USUAL)
        self.environments = self.texts("environment")
        for name in self.environments:
            self.chip("environment", name)
        self.environment_types = self.choices(
            "environment_type", Deployment.EnvironmentType.choices, "environment type"
        )

    def narrow(self, environments: Iterable[Environment]) -> list[Environment]:
        """Those that are asked for, by id or name and by type."""
        return [
            one
            for one in environments
            if (not self.environments or one.id in self.environments or one.name in self.environments)
            and (not self.environment_types or one.type in self.environment_types)
        ]

    @property
    def environments_chosen(self) -> int:
        return len(self.environments) + len(self.environment_types)
