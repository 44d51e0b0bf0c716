"""`manage.py add_site`: connect a Jira site."""

import os
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import sites
from devops_sync.management.asking import Asking, secret_from
from devops_sync.models import Site


class Command(Asking):
    help = "Connects a Jira site. The secret comes from standard input or WAYBILL_SITE_SECRET."
    example = "echo $SECRET | manage.py add_site retail --url https://retail.atlassian.net --client-id abc"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="a short name for the site, such as retail")
        parser.add_argument("--url", required=True, help="the site's address, such as https://retail.atlassian.net")
        parser.add_argument("--api-url", default="", help="the API gateway, when it is not Atlassian's own")
        credential = parser.add_mutually_exclusive_group(required=True)
        credential.add_argument("--client-id", default="", help="the client id of the OAuth credential")
        credential.add_argument("--connect-key", default="", help="the key of the Connect app")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        secret = os.environ.get("WAYBILL_SITE_SECRET") or secret_from(
            self.stdin, "Shared secret" if options["connect_key"] else "Client secret"
        )
        try:
            site = sites.connect(
                options["slug"],
                options["url"],
                options["connect_key"] or options["client_id"],
                secret,
                timezone.now(),
                api_url=options["api_url"],
                auth=Site.Auth.CONNECT if options["connect_key"] else Site.Auth.OAUTH,
            )
        except sites.Unusable as unusable:
            self.wrong_use(str(unusable))
        except sites.Silent as silent:
            self.unreachable(str(silent))
        except sites.Wrong as wrong:
            self.no(str(wrong))
        found = sites.examine(site, timezone.now())
        connected = f"Connected {site.slug}{' (a sandbox)' if site.is_sandbox else ''}, cloud id {site.cloud_id}."
        self.say(
            {"slug": site.slug, "cloud_id": site.cloud_id, "apis": {one.api: one.facts for one in found}},
            "\n".join([connected, *(_line(one) for one in found)]),
            as_json=options["json"],
        )


def _line(found: sites.Capability) -> str:
    words = {True: "yes", False: "no", None: "not known"}
    scopes = ", ".join(f"{name} {words[may]}" for name, may in found.facts.items() if not isinstance(may, str))
    return f"{found.api:12} {scopes}{f'. {found.problem}' if found.problem else ''}"
