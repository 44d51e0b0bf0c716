"""`manage.py revoke_token`: from now on nothing of a sender is taken."""

from typing import Any

from django.utils import timezone

from devops_sync import tokens
from devops_sync.management import credential
from devops_sync.wrong import Wrong


class Command(credential.TokenCommand):
    help = "Revokes a token at once, and with it the access tokens that it gave out."
    example = "manage.py revoke_token ci-gitlab --site retail"

    def handle(self, **options: Any) -> None:
        token = self.found(options)
        try:
            tokens.revoke(token, timezone.now())
        except Wrong as wrong:
            self.no(str(wrong))
        data = {"name": token.name, "site": token.site.slug}
        self.say(data, f"{token.name} is revoked: nothing of it is taken any more.", as_json=options["json"])
