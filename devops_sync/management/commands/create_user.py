"""`manage.py create_user`: a person with a role."""

import sys
from typing import Any

from django.core.management.base import CommandParser

from devops_sync.management.asking import Asking, secret_from
from devops_sync.models import Grant, Site
from devops_sync.people import giving, passwords
from devops_sync.wrong import Wrong


class Command(Asking):
    help = "Makes a user. The password comes from standard input; without one it is generated and printed once."
    example = "echo $PASSWORD | manage.py create_user ada --role release-manager"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")
        parser.add_argument("--role", required=True, help=f"one of {', '.join(Grant.Role.values)}")
        parser.add_argument("--site", help="the site that the role is for; without it, all sites")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        given = secret_from(self.stdin, "Password, or nothing to have one made") if _is_offered() else ""
        password = given or passwords.generated()
        if options["role"] not in Grant.Role.values:
            self.wrong_use(f"The role must be one of {', '.join(Grant.Role.values)}.")
        site = self._site(options["site"]) if options["site"] else None
        try:
            user = giving.make(options["name"], [(options["role"], site)], password)
        except Wrong as wrong:
            self.no(str(wrong))
        data = {"username": user.username, "password": None if given else password, "role": options["role"]}
        shown = "" if given else f"\npassword  {password}\nThis is shown once."
        self.say(data, f"username  {user.username}\nrole      {options['role']}{shown}", as_json=options["json"])

    def _site(self, slug: str) -> Site:
        site = Site.objects.filter(slug=slug).first()
        if site is None:
            self.no(f"There is no site '{slug}'.")
        return site


def _is_offered() -> bool:
    """Whether standard input is there to be read from."""
    return sys.stdin is not None and not sys.stdin.closed
