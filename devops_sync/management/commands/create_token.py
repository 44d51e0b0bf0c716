"""`manage.py create_token`: credentials for a sender."""

import datetime as dt
import re
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import sites
from devops_sync.management.asking import Asking
from devops_sync.models import Site

_SPAN = re.compile(r"([1-9]\d{0,4})([dh])")


class Command(Asking):
    help = "Makes credentials for the gateway: a client id with its secret, and a static bearer token. Shown once."
    example = "manage.py create_token ci-gitlab --site retail --scopes read,write --expires 90d"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will send with it, such as ci-gitlab")
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument("--scopes", default="read,write", help="some of read,write,delete (default: read,write)")
        parser.add_argument("--expires", default="", help="how long it lives, such as 90d or 12h (default: for ever)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        now = timezone.now()
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            token, secret, bearer = sites.create_token(
                options["name"], site, scopes, now, self._expiry(options["expires"], now)
            )
        except sites.Unusable as unusable:
            self.wrong_use(str(unusable))
        except sites.Wrong as wrong:
            self.no(str(wrong))
        data = {
            "name": token.name,
            "site": site.slug,
            "client_id": token.client_id,
            "client_secret": secret,
            "token": bearer,
            "scopes": token.scopes,
        }
        text = "\n".join(f"{key:14}{', '.join(value) if key == 'scopes' else value}" for key, value in data.items())
        self.say(data, f"{text}\nThis is shown once.", as_json=options["json"])

    def _expiry(self, text: str, now: dt.datetime) -> dt.datetime | None:
        if not text:
            return None
        span = _SPAN.fullmatch(text)
        if span is None:
            self.wrong_use("--expires must be a number of days or hours, such as 90d or 12h.")
        number, unit = int(span.group(1)), span.group(2)
        return now + (dt.timedelta(days=number) if unit == "d" else dt.timedelta(hours=number))
