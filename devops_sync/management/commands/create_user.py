"""`manage.py create_user`: a person with a role."""

import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from devops_sync import sites
from devops_sync.management.asking import Asking, secret_from
from devops_sync.models import Grant, User


class Command(Asking):
    help = "Makes a user. The password comes from standard input; without one it is generated and printed once."
    example = "echo $PASSWORD | manage.py create_user ada --role release-manager"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")
        parser.add_argument("--role", required=True, help=f"one of {', '.join(Grant.Role.values)}, for all sites")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        given = secret_from(self.stdin, "Password, or nothing to have one made") if _is_offered() else ""
        password = given or secrets.token_urlsafe(15)
        try:
            validate_password(password, User(username=options["name"]))
            user = sites.create_user(options["name"], options["role"], password)
        except ValidationError as invalid:
            self.no(" ".join(invalid.messages))
        except sites.Unusable as unusable:
            self.wrong_use(str(unusable))
        except sites.Wrong as wrong:
            self.no(str(wrong))
        data = {"username": user.username, "password": None if given else password, "role": options["role"]}
        shown = "" if given else f"\npassword  {password}\nThis is shown once."
        self.say(data, f"username  {user.username}\nrole      {options['role']}{shown}", as_json=options["json"])


def _is_offered() -> bool:
    """Whether standard input is there to be read from."""
    return sys.stdin is not None and not sys.stdin.closed
