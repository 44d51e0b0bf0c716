"""`manage.py resend`: what the ledger holds is sent to Jira again."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import errands
from devops_sync.errands import Progress
from devops_sync.management.asking import printable
from devops_sync.management.choosing import Choice
from devops_sync.management.errand import ErrandCommand, named
from devops_sync.models import Entry, Errand, Site

_SHOWN = 20


class Command(ErrandCommand):
    help = (
        "Sends to Jira again what the ledger holds: what is current, behind live traffic. Prints the plan first."
        " Exit code 0: Jira took everything; 1: it rejected something, or nothing matches."
    )
    example = "manage.py resend --site retail --pipeline checkout-api --from 2026-11-01"
    verb = "Send again"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--history", action="store_true", help="also versions that are not current any more")

    def plan(self, site: Site, choice: Choice, options: dict[str, Any]) -> Errand:
        return errands.plan_resend(
            site, choice.chosen, None, choice.what, timezone.now(), with_history=options["history"]
        )

    def facts(self, errand: Errand, progress: Progress) -> dict[str, Any]:
        return {
            "accepted": progress.accepted,
            "rejected": progress.rejected,
            "superseded": progress.superseded,
            "withdrawn": progress.withdrawn,
            "rejections": [
                {"kind": one.kind, "key": one.key, "messages": one.messages} for one in _rejected(errand)[:_SHOWN]
            ],
        }

    def sentence(self, errand: Errand, progress: Progress) -> str:
        lines = [
            printable(f"{named(one.kind, one.key)}: {' '.join(one.messages)}") for one in _rejected(errand)[:_SHOWN]
        ]
        counts = [f"{progress.accepted:,} accepted", f"{progress.rejected:,} rejected"]
        counts += [f"{progress.withdrawn:,} withdrawn"] if progress.withdrawn else []
        counts += [f"{progress.superseded:,} superseded"] if progress.superseded else []
        counts += [f"{progress.passed_over:,} passed over, no longer current"] if progress.passed_over else []
        return "\n".join([*lines, f"Resend {errand.pk} is {errand.state}: {', '.join(counts)}."])

    def is_good(self, progress: Progress) -> bool:
        return not progress.rejected


def _rejected(errand: Errand) -> list[Entry]:
    rejected = Entry.objects.filter(submission__errand=errand, outcome=Entry.Outcome.REJECTED)
    return list(rejected.order_by("id")[:_SHOWN])
