"""`manage.py create_token`: credentials for a sender."""

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import tokens
from devops_sync.management import credential
from devops_sync.management.asking import Asking
from devops_sync.models import Site
from devops_sync.wrong import Unusable, Wrong


class Command(Asking):
    help = "Makes credentials for the gateway: a client id with its secret, and a static bearer token. Shown once."
    example = "manage.py create_token ci-gitlab --site retail --scopes read,write --expires 90d"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will send with it, such as ci-gitlab")
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument("--scopes", default="read,write", help="some of read,write,delete (default: read,write)")
        parser.add_argument("--expires", default="", help="how long it lives, such as 90d or 12h (default: for ever)")
        parser.add_argument("--rate", type=int, metavar="N", help="requests a minute (default: as many as come)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        site = Site.objects.connected().filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        now = timezone.now()
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            token, secret, bearer = tokens.create(
                options["name"], site, scopes, now, self._expiry(options["expires"], now), options["rate"]
            )
        except Unusable as unusable:
            self.wrong_use(str(unusable))
        except Wrong as wrong:
            self.no(str(wrong))
        data = credential.shown(token, secret, bearer)
        self.say(data, f"{credential.as_lines(data)}\nThis is shown once.", as_json=options["json"])

    def _expiry(self, text: str, now: dt.datetime) -> dt.datetime | None:
        if not text:
            return None
        span = credential.span(text)
        if not span:
            self.wrong_use("--expires must be a number of days or hours, such as 90d or 12h.")
        return now + span
