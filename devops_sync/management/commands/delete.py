"""`manage.py delete`: what has some properties, or some keys, is deleted in Jira: previewed, confirmed, run, proven."""

import re
import sys
import time
from typing import Any, NoReturn

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import cleanups
from devops_sync.jira import keys
from devops_sync.kinds import APIS, KINDS
from devops_sync.management.asking import Asking, printable
from devops_sync.management.bar import Bar
from devops_sync.models import Cleanup, Site

_LOOK_SECONDS = 0.5
_PLURALS = {
    "deployment": "deployments",
    "build": "builds",
    "repository": "repositories",
    "commit": "commits",
    "branch": "branches",
    "pull_request": "pull_requests",
}
_SPAN = re.compile(r"(\d{1,6})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Command(Asking):
    help = (
        "Deletes from Jira everything that has all of the given properties, or single entities by their keys, and"
        " proves it. With --preview it only looks. Nothing vanishes from the ledger."
        " Exit code 0: it is gone, and read back; 1: the number is another one, it stopped, or it is not proven."
    )
    example = 'manage.py delete --site retail --property accountId=acct-1 --yes 12408 --reason "Account closed"'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument(
            "--property", action="append", metavar="K=V", default=[], help="a property; of several, all must match"
        )
        parser.add_argument(
            "--key",
            action="append",
            nargs="+",
            metavar="KIND",
            default=[],
            help="one entity: its kind, then the parts of its key, such as deployment checkout-api staging 7",
        )
        parser.add_argument(
            "--api", action="append", choices=APIS, default=[], help="only this API's; may be repeated (default: all)"
        )
        parser.add_argument("--preview", action="store_true", help="print what would go, and leave it at that")
        parser.add_argument("--yes", type=int, metavar="N", help="delete, if N is the number that the preview shows")
        parser.add_argument("--reason", default="", help="why; it stands in the report")
        parser.add_argument("--delay", default="0", metavar="T", help="begin only after so long, such as 5m or 2h")
        parser.add_argument("--no-wait", action="store_true", help="start, and leave the rest to the workers")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        site = Site.objects.connected().filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        delay = self._seconds(options["delay"])
        if not options["preview"] and options["yes"] is not None and not options["reason"].strip():
            self.wrong_use("Give a --reason: it stands in the report.")
        cleanup = self._planned(site, options)
        if options["preview"]:
            counts = counted(cleanup)
            _forget(cleanup)
            self.say(counts, _told(cleanup), as_json=options["json"])
            return
        typed, reason = self._agreed(cleanup, options)
        try:
            cleanups.confirm(cleanup, None, typed, reason, delay, timezone.now())
        except cleanups.Wrong as wrong:
            _forget(cleanup)
            self.no(f"{wrong} Nothing was deleted.")
        if options["no_wait"]:
            address = f"/deletions/{cleanup.pk}/"
            said = f"Deletion {cleanup.pk} is under way: {address}"
            self.say({"deletion": cleanup.pk, "state": cleanup.state, "page": address}, said, as_json=options["json"])
            return
        self._watch(cleanup, is_shown=sys.stderr.isatty() and not options["json"])
        self._end_well_or_not(cleanup, as_json=options["json"])

    def _seconds(self, given: str) -> int:
        found = _SPAN.fullmatch(given.strip())
        if found is None:
            self.wrong_use(f"'{given}' is no time: write it as 90s, 5m, 2h or 1d.")
        seconds = int(found[1]) * _SECONDS[found[2]]
        if seconds > cleanups.LONGEST_DELAY:
            self.wrong_use("The delay has to be between none and seven days.")
        return seconds

    def _planned(self, site: Site, options: dict[str, Any]) -> Cleanup:
        asker = cleanups.Asker(Cleanup.Origin.SHELL)
        if bool(options["property"]) == bool(options["key"]):
            self.wrong_use("Say what: either --property, or --key.")
        if options["key"]:
            if options["api"]:
                self.wrong_use("--api goes with --property: a key names its kind.")
            chosen = [self._key(words) for words in options["key"]]
            what = ", ".join(f"{kind.replace('_', ' ')} {keys.words(key)}" for kind, key in chosen)
            return cleanups.plan_by_keys(site, chosen, what, asker, timezone.now())
        pairs: dict[str, str] = {}
        for pair in options["property"]:
            key, equals, value = pair.partition("=")
            if not (key and equals):
                self.wrong_use(f"'{pair}' is no property: write it as key=value.")
            if key in pairs and pairs[key] != value:
                self.wrong_use(f"An entity has one value for '{key}': two of them match nothing.")
            pairs[key] = value
        try:
            return cleanups.plan_by_properties(site, options["api"] or APIS, pairs, asker, timezone.now())
        except cleanups.Wrong as wrong:
            self.wrong_use(str(wrong))

    def _key(self, words: list[str]) -> tuple[str, str]:
        name, *parts = words
        kind = KINDS.get(name)
        if kind is None:
            self.wrong_use(f"'{name}' is no kind. There are: {', '.join(KINDS)}.")
        if len(parts) != len(kind.key):
            self.wrong_use(f"The key of a {name.replace('_', ' ')} is: {' '.join(kind.key)}.")
        found: list[str | int] = []
        for (column, type_), part in zip(kind.key.items(), parts, strict=True):
            if type_ != "bigint":
                found.append(part)
                continue
            if not re.fullmatch(r"-?[0-9]{1,18}", part):
                self.wrong_use(f"'{part}' is no {column}: it is a whole number.")
            found.append(int(part))
        return name, keys.text(*found)

    def _agreed(self, cleanup: Cleanup, options: dict[str, Any]) -> tuple[int | None, str]:
        """The number and the reason, given or asked for."""
        if options["yes"] is not None:
            return options["yes"], options["reason"]
        if options["json"] or not self.stdin.isatty():
            _forget(cleanup)
            self.wrong_use("Nobody can be asked here: give --yes N and --reason, or --preview to look.")
        self.stdout.write(_told(cleanup))
        reason = options["reason"] or self._asked("Reason: ")
        typed = self._asked(f"To delete, type the number of entities ({cleanup.total}): ")
        return int(typed) if re.fullmatch(r"[0-9]{1,12}", typed) else None, reason

    def _asked(self, prompt: str) -> str:
        self.stdout.write(prompt, ending="")
        self.stdout.flush()
        return self.stdin.readline().strip()

    def _watch(self, cleanup: Cleanup, *, is_shown: bool) -> None:
        """Wait until it is over, with a bar, or a line now and then. Whoever interrupts that leaves it running."""
        bar = Bar(is_shown=is_shown, told_of=f"Deletion {cleanup.pk}")
        try:
            while not cleanup.is_over:
                bar.draw(*_how_far(cleanup))
                time.sleep(_LOOK_SECONDS)
                cleanup.refresh_from_db(fields=["state", "stopped_for", "report_sha256", "starts_at"])
        except KeyboardInterrupt:
            bar.end()
            self._left(cleanup)
        bar.end()

    def _left(self, cleanup: Cleanup) -> NoReturn:
        self.stderr.write(f"Deletion {cleanup.pk} goes on without this command; a worker takes care of it.")
        sys.exit(130)

    def _end_well_or_not(self, cleanup: Cleanup, *, as_json: bool) -> None:
        cleanup.refresh_from_db()
        digest = bytes(cleanup.report_sha256).hex() if cleanup.report_sha256 else None
        report = f"/deletions/{cleanup.pk}/report.json" if digest else None
        state = cleanup.get_state_display()
        lines = [f"Deletion {cleanup.pk}: {state.lower()}, {cleanup.total:,} entities."]
        lines += [printable(cleanup.stopped_for)] if cleanup.stopped_for else []
        lines += [f"Report: {report}", f"SHA-256: {digest}"] if digest else []
        facts = {
            "deletion": cleanup.pk,
            "state": cleanup.state,
            "total": cleanup.total,
            "stopped_for": cleanup.stopped_for,
            "report": report,
            "sha256": digest,
        }
        self.say(facts, "\n".join(lines), as_json=as_json)
        if cleanup.state != Cleanup.State.PROVEN:
            sys.exit(1)


def counted(cleanup: Cleanup) -> dict[str, Any]:
    """The preview's counts of what Jira holds, by kind; what waits to be sent; and the fingerprint."""
    kinds = cleanup.preview["kinds"]
    counts = {plural: kinds.get(kind, {}).get("in_jira", 0) for kind, plural in _PLURALS.items()}
    return {**counts, "waiting": cleanup.waiting, "fingerprint": cleanup.fingerprint}


def _told(cleanup: Cleanup) -> str:
    counts = counted(cleanup)
    shown = [f"{counts[plural]:,} {plural.replace('_', ' ')}" for plural in _PLURALS.values() if counts[plural]]
    waiting = f" {cleanup.waiting:,} more wait to be sent, and would be withdrawn." if cleanup.waiting else ""
    return printable(
        f"Where {cleanup.what}: {cleanup.total:,} entities would go from Jira"
        f"{': ' + ', '.join(shown) if shown else ''}.{waiting}"
    )


def _how_far(cleanup: Cleanup) -> tuple[float | None, str]:
    if cleanup.state == Cleanup.State.AWAITING:
        return None, f"another admin has to approve it at /deletions/{cleanup.pk}/"
    if cleanup.state == Cleanup.State.DELAYED and cleanup.starts_at:
        return None, f"starts in {max(0, round((cleanup.starts_at - timezone.now()).total_seconds()))} s"
    parts = cleanup.parts.count()
    answered = cleanup.parts.exclude(deletion=None).exclude(deletion__outcome="waiting").count()
    if cleanup.state != Cleanup.State.PROVING:
        return answered / (2 * parts or 1), f"Jira answered {answered:,} of {parts:,} requests"
    asked, gone = cleanup.readings.count(), cleanup.readings.exclude(result="").count()
    return 0.5 + gone / (2 * asked or 1), f"{gone:,} of {asked:,} read back"


def _forget(cleanup: Cleanup) -> None:
    """Keep nothing of what was only looked at."""
    cleanup.parts.all().delete()
    Cleanup.objects.filter(pk=cleanup.pk, state=Cleanup.State.PREVIEWED).delete()
