"""`manage.py add_site`: connect a Jira site."""

import os
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import sites
from devops_sync.jira import client as jira
from devops_sync.management.asking import Asking, secret_from


class Command(Asking):
    help = "Connects a Jira site. The secret comes from standard input or WAYBILL_SITE_SECRET."
    example = "echo $SECRET | manage.py add_site retail --url https://retail.atlassian.net --client-id abc"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="a short name for the site, such as retail")
        parser.add_argument("--url", required=True, help="the site's address, such as https://retail.atlassian.net")
        parser.add_argument("--api-url", default="", help="the API gateway, when it is not Atlassian's own")
        parser.add_argument("--client-id", required=True, help="the client id of the OAuth credential")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        secret = os.environ.get("WAYBILL_SITE_SECRET") or secret_from(self.stdin, "Client secret")
        try:
            site = sites.connect(
                options["slug"],
                options["url"],
                options["client_id"],
                secret,
                timezone.now(),
                api_url=options["api_url"],
            )
        except sites.Wrong as wrong:
            self.no(str(wrong))
        except jira.Unreachable as unreachable:
            self.unreachable(f"{options['url']} does not answer: {unreachable}.")
        self.say(
            {"slug": site.slug, "cloud_id": site.cloud_id},
            f"Connected {site.slug}{' (a sandbox)' if site.is_sandbox else ''}, cloud id {site.cloud_id}.",
            as_json=options["json"],
        )
