"""What the commands about tokens share: which token is meant, spans of time, and how secrets are printed once."""

import datetime as dt
import re
from typing import Any

from django.core.management.base import CommandParser

from devops_sync.models import Site, Token

from .asking import Asking

_SPAN = re.compile(r"(\d{1,5})([dh])")


def span(text: str) -> dt.timedelta | None:
    """A length of time written as 90d or 12h; None when it is written otherwise."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    number = int(found.group(1))
    return dt.timedelta(days=number) if found.group(2) == "d" else dt.timedelta(hours=number)


def shown(token: Token, secret: str, bearer: str) -> dict[str, Any]:
    """The credentials as they are printed, this once."""
    return {
        "name": token.name,
        "site": token.site.slug,
        "client_id": token.client_id,
        "client_secret": secret,
        "token": bearer,
        "scopes": token.scopes,
    }


def as_lines(data: dict[str, Any]) -> str:
    return "\n".join(f"{key:14}{', '.join(value) if key == 'scopes' else value}" for key, value in data.items())


class TokenCommand(Asking):
    """A command about a token that is there."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the token's name, such as ci-gitlab")
        parser.add_argument("--site", required=True, help="the site's short name")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def found(self, options: dict[str, Any]) -> Token:
        """The token that is named. Ends the command when there is none."""
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            self.no(f"There is no site with the name '{options['site']}'.")
        token = Token.objects.select_related("site").filter(site=site, name=options["name"]).first()
        if token is None:
            self.no(f"The site '{site.slug}' has no token with the name '{options['name']}'.")
        return token
