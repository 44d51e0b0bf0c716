"""How many rows match: counted where that is cheap, beyond that as the database estimates it."""

import json
from dataclasses import dataclass
from typing import Any

from .filters import Filters
from .paging import Page

# So many are counted.
COUNTED = 1000
# From so many expected on, nobody counts: that there are more than `COUNTED` is likely enough.
EXPECTED = 20 * COUNTED
# Nor where more than `COUNTED` are expected and finding those is dear, since they lie far apart: the planner's own
# measure, some ten milliseconds.
DEAR = 5000.0


@dataclass(frozen=True)
class Count:
    """So many rows. `is_exact` unless they are estimated; then at least more than `COUNTED`."""

    many: int
    is_exact: bool = True

    @property
    def said(self) -> str:
        """As a sentence says it: 12, "about 48,000"; where the estimate is too low to be one "more than 1,000"."""
        if self.is_exact:
            return f"{self.many:,}"
        return f"about {self.many:,}" if self.many > COUNTED else f"more than {COUNTED:,}"

    def __str__(self) -> str:
        return self.said


def count(rows: Any) -> Count:
    """How many rows there are, by one plan and looking at no more than `COUNTED` of them."""
    rows = rows.order_by()
    expected, cost = _estimate(rows)
    is_many = expected > EXPECTED or (expected > COUNTED and cost > DEAR)
    many = COUNTED + 1 if is_many else rows[: COUNTED + 1].count()
    return Count(many) if many <= COUNTED else Count(_rounded(expected), is_exact=False)


def of_page(filters: Filters, rows: Any, page: Page[Any]) -> Count:
    """How many match; a page that shows them all, or that had to look at them all, knows it."""
    if filters.problems or (page.is_first and page.older is None):
        return Count(len(page.rows))
    return count(rows) if page.found is None else Count(page.found)


def _estimate(rows: Any) -> tuple[int, float]:
    """How many rows the planner expects, and what counting them as far as `COUNTED` would cost.

    Its statistics are as old as the last ANALYZE.
    """
    said = rows.values("pk")[: COUNTED + 1].explain(format="json")
    if not said:  # Nothing can match, so nothing was asked.
        return 0, 0.0
    plan = json.loads(said)[0]["Plan"]
    return int(plan["Plans"][0]["Plan Rows"] if "Plans" in plan else plan["Plan Rows"]), float(plan["Total Cost"])


def _rounded(many: int) -> int:
    """To two figures, since an estimate has no more."""
    step: int = 10 ** max(len(str(many)) - 2, 0)
    return round(many / step) * step
