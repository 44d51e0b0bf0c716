"""What the list of resends and checks can be filtered by."""

from dataclasses import dataclass, field

from devops_sync import digits
from devops_sync.models import Errand
from devops_sync.models.errand import ErrandQuerySet

from .filters import Filters


@dataclass
class ErrandFilters(Filters):
    purposes: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def read(self) -> None:
        self.purposes = self.choices("purpose", Errand.Purpose.choices, "purpose")
        self.states = self.choices("state", Errand.State.choices, "state of a resend or a check")
        for text in self.texts("number"):
            if digits.only(text):
                self.numbers.append(int(text))
                self.chip("number", text)
            else:
                self.problems.append(f"“{text}” is no number of a resend or a check.")

    def apply(self) -> ErrandQuerySet:
        rows: ErrandQuerySet = Errand.objects.of(self.sites)
        if self.purposes:
            rows = rows.filter(purpose__in=self.purposes)
        if self.states:
            rows = rows.filter(state__in=self.states)
        return rows.filter(pk__in=self.numbers) if self.numbers else rows
