"""What `resend` and `verify` share: they choose, plan, ask, start, and watch the worker until it is done."""

import datetime as dt
import sys
import time
from abc import abstractmethod
from typing import Any, NoReturn

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from devops_sync import errands, spans
from devops_sync.errands import Progress
from devops_sync.jira import keys
from devops_sync.management.asking import Asking
from devops_sync.management.bar import Bar
from devops_sync.management.choosing import Choice, Unclear, add_filters, choose
from devops_sync.models import Errand, Site

_LOOK_SECONDS = 0.5


class ErrandCommand(Asking):
    """A command that sends a worker on an errand."""

    verb = ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_filters(parser)
        parser.add_argument("--plan-only", action="store_true", help="print the plan, and leave it at that")
        parser.add_argument("--yes", action="store_true", help="start without asking")
        parser.add_argument("--no-wait", action="store_true", help="start, and leave the rest to the workers")
        parser.add_argument("--json", action="store_true", help="print JSON")

    @abstractmethod
    def plan(self, site: Site, choice: Choice, options: dict[str, Any]) -> Errand:
        """Plan it. Raises `errands.Nothing`."""

    @abstractmethod
    def facts(self, errand: Errand, progress: Progress) -> dict[str, Any]:
        """What became of it, for a program."""

    @abstractmethod
    def sentence(self, errand: Errand, progress: Progress) -> str:
        """What became of it, for a person."""

    @abstractmethod
    def is_good(self, progress: Progress) -> bool:
        """Whether the command ends with 0."""

    def handle(self, **options: Any) -> None:
        site = Site.objects.connected().filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        try:
            choice = choose(site, options)
        except Unclear as unclear:
            self.wrong_use(str(unclear))
        errand = self._planned(site, choice, options)
        if options["plan_only"]:
            self.say({"errand": None, **errand.plan, "total": errand.total}, _told(errand), as_json=options["json"])
            return
        if not options["yes"]:
            self._ask(errand, options["json"])
        errands.start(errand, None, timezone.now())
        if options["no_wait"]:
            said = f"{errand.get_purpose_display()} {errand.pk} runs: {errand.total:,} of {errand.what}."
            self.say({"errand": errand.pk, **errand.plan, "total": errand.total}, said, as_json=options["json"])
            return
        progress = self._watch(errand, is_shown=sys.stderr.isatty() and not options["json"])
        facts = {"errand": errand.pk, "state": errand.state, "total": errand.total, "passed_over": progress.passed_over}
        self.say({**facts, **self.facts(errand, progress)}, self.sentence(errand, progress), as_json=options["json"])
        if errand.state != Errand.State.DONE or not self.is_good(progress):
            sys.exit(1)

    def _planned(self, site: Site, choice: Choice, options: dict[str, Any]) -> Errand:
        """The plan; one that is only to be looked at is not kept."""
        try:
            with transaction.atomic():
                errand = self.plan(site, choice, options)
                transaction.set_rollback(bool(options["plan_only"]))
        except errands.Nothing as nothing:
            self.no(str(nothing))
        return errand

    def _ask(self, errand: Errand, as_json: bool) -> None:
        """Go on only where a person says yes."""
        if as_json or not self.stdin.isatty():
            errands.cancel(errand, None, timezone.now())
            self.wrong_use("Nobody can be asked here: give --yes to start, or --plan-only to look.")
        self.stdout.write(_told(errand))
        self.stdout.write(f"{self.verb}? [y/N] ", ending="")
        self.stdout.flush()
        try:
            agreed = self.stdin.readline().strip().lower() in ("y", "yes")
        except KeyboardInterrupt:
            agreed = False
        if not agreed:
            errands.cancel(errand, None, timezone.now())
            self.no("Nothing was started.")

    def _watch(self, errand: Errand, *, is_shown: bool) -> Progress:
        """Wait until it is over, with a bar, or a line now and then. Whoever interrupts that leaves it running."""
        bar = Bar(is_shown=is_shown, told_of=f"{errand.get_purpose_display()} {errand.pk}")
        try:
            while True:
                errand.refresh_from_db()
                progress = errands.progress(errand)
                if errand.is_over:
                    bar.end()
                    return progress
                paused = ", paused" if errand.state == Errand.State.PAUSED else ""
                bar.draw(progress.share, f"{progress.settled:,} of {errand.total:,}{paused}")
                # What it costs to count grows with it.
                time.sleep(_LOOK_SECONDS + errand.total / 100_000)
        except KeyboardInterrupt:
            bar.end()
            self._left(errand)

    def _left(self, errand: Errand) -> NoReturn:
        self.stderr.write(
            f"{errand.get_purpose_display()} {errand.pk} goes on without this command; a worker takes care of it."
        )
        sys.exit(130)


def named(kind: str, key: str) -> str:
    """An entity as the pages name it, such as deployment checkout-api / staging / 7."""
    return f"{kind.replace('_', ' ')} {keys.words(key)}"


def _told(errand: Errand) -> str:
    """The plan in a few lines."""
    plan = errand.plan
    kinds = ", ".join(f"{many:,} {_plural(kind, many)}" for kind, many in plan["kinds"].items())
    requests = f"{plan['requests']:,} request{'' if plan['requests'] == 1 else 's'}"
    if plan["seconds"] is None:
        lasts = "how long that takes is not known, since Jira has answered nothing of this site yet"
    else:
        verifies = errand.purpose == Errand.Purpose.VERIFY
        pace = "at which a site is read" if verifies else "at which Jira answered last"
        lasts = f"{spans.about(dt.timedelta(seconds=plan['seconds']), in_seconds=True)} at the pace {pace}"
    return f"{errand.get_purpose_display()} of {errand.what}: {kinds}.\n{requests}; {lasts}."


def _plural(kind: str, many: int) -> str:
    one = kind.replace("_", " ")
    if many == 1:
        return one
    return "repositories" if one == "repository" else f"{one}es" if one.endswith("ch") else f"{one}s"
