"""Saying that a pipeline or a token that has stopped need not report any more, and taking that back."""

import datetime as dt

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from . import audit
from .models import Retirement, User
from .models.silence import Silent


@transaction.atomic
def retire(silent: Silent, what: str, user: User | AnonymousUser | None, now: dt.datetime) -> Retirement:
    """Expect nothing of it until it reports again."""
    made = Retirement.objects.retire(silent, what, user, now)
    audit.note("retirement.made", on=_subject(made), site=made.site, after={"last_report": silent.last_at})
    return made


@transaction.atomic
def take_back(retirement: Retirement) -> None:
    """Expect it to report again."""
    before = {"retired_at": retirement.retired_at}
    audit.note("retirement.taken_back", on=_subject(retirement), site=retirement.site, before=before)
    retirement.delete()


def _subject(of: Retirement) -> tuple[str, object, str]:
    return "retirement", of.pk, f"the {of.what} {of.ident}"
