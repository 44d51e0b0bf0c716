"""`manage.py gate`: whether Jira lets a deployment go on, for a pipeline that waits."""

import re
import time
from typing import Any

from django.core.management.base import CommandParser

from devops_sync.delivery import gating
from devops_sync.jira import gating as said
from devops_sync.management.asking import Asking
from devops_sync.models import Gate, Site

_SPAN = re.compile(r"(\d{1,6})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Command(Asking):
    help = (
        "Asks Jira for the gate of a deployment, and waits for a decision if told to. "
        "Exit code 0: allowed; 1: prevented, expired or invalid; 3: not known in time."
    )
    example = "manage.py gate checkout-api production 1842 --site retail --wait 30m"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pipeline", help="the pipeline's id")
        parser.add_argument("environment", help="the environment's id")
        parser.add_argument("number", type=int, help="the deployment's sequence number")
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument("--wait", default="0s", help="how long to wait, such as 90s, 30m or 2h (default: ask once)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        span = _SPAN.fullmatch(options["wait"])
        if span is None:
            self.wrong_use("--wait must be a number of seconds, minutes or hours, such as 90s, 30m or 2h.")
        site = Site.objects.connected().filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        key = (options["pipeline"], options["environment"], options["number"])
        deadline = time.monotonic() + int(span.group(1)) * _SECONDS[span.group(2)]
        status, details, why = self._wait(site, key, deadline)
        data = {
            "site": site.slug,
            "pipeline": key[0],
            "environment": key[1],
            "number": key[2],
            "status": status or None,
            "issues": [{"key": one.issue_key, "url": one.issue_link} for one in details],
            "problem": why,
        }
        changes = ", ".join(one.issue_key for one in details if one.issue_key)
        told = f"The gate is {status}{f' ({changes})' if changes else ''}." if status else why
        self.say(data, told, as_json=options["json"])
        if status != Gate.ALLOWED:
            raise SystemExit(1 if status in Gate.FINAL else 3)

    def _wait(self, site: Site, key: tuple[str, str, int], deadline: float) -> tuple[str, list[said.Detail], str]:
        """The last status that Jira said, with its issues, and why there is no newer one."""
        status, details, tries = "", list[said.Detail](), 0
        while True:
            why, at_least = "", None
            try:
                answer = gating.ask(site, key)
                found = said.read(answer.body) if answer.status == 200 else None
                at_least = answer.retry_after
                if found is not None:
                    status, details = found.gating_status, found.details
                else:
                    why = f"Jira answered {answer.status} without a gating status."
            except gating.NotAvailable as unavailable:
                return status, details, str(unavailable)
            except gating.NotTold as silence:
                why = str(silence)
            rest = deadline - time.monotonic()
            if status in Gate.FINAL or rest <= 0:
                return status, details, why
            time.sleep(min(gating.pause(tries, at_least).total_seconds(), rest))
            tries += 1
