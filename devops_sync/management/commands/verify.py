"""`manage.py verify`: whether Jira still has what it accepted."""

from typing import Any

from django.utils import timezone

from devops_sync import errands
from devops_sync.errands import Progress
from devops_sync.management.asking import printable
from devops_sync.management.choosing import Choice
from devops_sync.management.errand import ErrandCommand, named
from devops_sync.models import Confirmation, Errand, Site

_SHOWN = 100


class Command(ErrandCommand):
    help = (
        "Reads back from Jira what is current and was accepted, and prints what is missing or different."
        " Exit code 0: everything is as it was sent; 1: something is not, or nothing matches."
    )
    example = "manage.py verify --site retail --environment-type production"
    verb = "Read back"

    def plan(self, site: Site, choice: Choice, options: dict[str, Any]) -> Errand:
        return errands.plan_verify(site, choice.chosen, None, choice.what, timezone.now())

    def facts(self, errand: Errand, progress: Progress) -> dict[str, Any]:
        return {
            "confirmed": progress.confirmed,
            "missing": progress.missing,
            "different": progress.different,
            "not_told": progress.not_told,
            "adrift": [
                {
                    "kind": one.entry.kind,
                    "key": one.entry.key,
                    "result": one.result,
                    "differences": one.differences,
                    "why": one.failure,
                }
                for one in _adrift(errand)
            ],
        }

    def sentence(self, errand: Errand, progress: Progress) -> str:
        lines = [
            printable(
                f"{named(one.entry.kind, one.entry.key)}: {one.result}"
                f"{' in ' if one.differences else ''}{', '.join(map(str, one.differences))}"
                f"{f'. {one.failure}' if one.failure else ''}"
            )
            for one in _adrift(errand)
        ]
        adrift = progress.missing + progress.different
        lines += [f"and {adrift - len(lines):,} more"] if adrift > len(lines) else []
        counts = [
            f"{progress.confirmed:,} confirmed",
            f"{progress.missing:,} missing",
            f"{progress.different:,} different",
        ]
        counts += [f"{progress.not_told:,} that Jira did not tell of"] if progress.not_told else []
        counts += [f"{progress.passed_over:,} passed over, no longer current"] if progress.passed_over else []
        return "\n".join([*lines, f"Verification {errand.pk} is {errand.state}: {', '.join(counts)}."])

    def is_good(self, progress: Progress) -> bool:
        return not (progress.missing or progress.different)


def _adrift(errand: Errand) -> list[Confirmation]:
    """The first of what is missing or different, in the order of the entries."""
    results = (Confirmation.Result.MISSING, Confirmation.Result.DIFFERENT)
    found = Confirmation.objects.filter(errand=errand, result__in=results).select_related("entry").order_by("id")
    return list(found.defer("body", "entry__payload")[:_SHOWN])
