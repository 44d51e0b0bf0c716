"""`manage.py demo`: two months of history for the demo's site."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from devops_sync.demo import feed
from devops_sync.demo.feeding import SEED, GaveUp
from devops_sync.management.asking import Asking
from devops_sync.models import Site


class Command(Asking):
    help = "Sends two months of believable history through the gateway of a running `up` to its sandbox."
    example = "manage.py demo --feed"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--feed", action="store_true", help="send what is left of the history")
        parser.add_argument("--seed", type=int, default=SEED, help=f"which history (default: {SEED})")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        if not options["feed"]:
            self.wrong_use("Say what to do: --feed sends the history.")
        try:
            running = json.loads((settings.ENVIRONMENT.data / "up.json").read_text())
        except (OSError, ValueError):
            self.unreachable("Nothing is running with this WAYBILL_DATA: start it with `manage.py up`.")
        site = Site.objects.filter(slug=running["site"]).first()
        if site is None or not site.is_sandbox:
            self.no("The demo's history goes to the sandbox only, and `up` runs without one.")
        try:
            run = feed(site, running["url"], running["gateway"]["token"], seed=options["seed"])
        except GaveUp as gave_up:
            self.unreachable(str(gave_up))
        self.say(
            {"site": site.slug, "sent": run.done, "total": run.total},
            f"Sent {run.done} of {run.total} requests to {site.slug}.",
            as_json=options["json"],
        )
