"""`manage.py rotate_token`: new secrets for a sender, the old ones for a while beside them."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from devops_sync import tokens
from devops_sync.management import credential
from devops_sync.wrong import Unusable, Wrong


class Command(credential.TokenCommand):
    help = (
        "Gives a token a new client secret and a new bearer token, shown once. The old ones go on for the overlap,"
        " and the access tokens that they gave out end with them."
    )
    example = "manage.py rotate_token ci-gitlab --site retail --overlap 24h"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--overlap", default="24h", help="how long the old ones go on, such as 0h, 12h or 7d (24h)")

    def handle(self, **options: Any) -> None:
        token = self.found(options)
        overlap = credential.span(options["overlap"])
        if overlap is None:
            self.wrong_use("--overlap must be a number of days or hours, such as 0h, 12h or 7d.")
        try:
            secret, bearer = tokens.rotate(token, overlap, timezone.now())
        except Unusable as unusable:
            self.wrong_use(str(unusable))
        except Wrong as wrong:
            self.no(str(wrong))
        until = token.former_until.isoformat(timespec="seconds") if token.former_until else None
        goes_on = f"The old secrets are taken until {until}." if until else "The old secrets are not taken any more."
        data = {**credential.shown(token, secret, bearer), "old_until": until}
        lines = credential.as_lines({name: value for name, value in data.items() if name != "old_until"})
        self.say(data, f"{lines}\nThis is shown once. {goes_on}", as_json=options["json"])
