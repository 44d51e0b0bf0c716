"""What need not report any more: somebody said so of a pipeline, or of a token, that had stopped."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from .people import User
from .silence import Silent
from .site import Site


class RetirementQuerySet(models.QuerySet["Retirement"]):
    def of(self, sites: "models.QuerySet[Site] | Sequence[Site] | Sequence[int]") -> "RetirementQuerySet":
        return self.filter(site__in=sites)

    def retire(self, silent: Silent, what: str, user: User | AnonymousUser | None, now: dt.datetime) -> "Retirement":
        """Expect nothing of it until it reports again."""
        said: dict[str, Any] = {"retired_at": now, "user": user}
        found, _ = self.update_or_create(site_id=silent.site_id, what=what, ident=silent.id, defaults=said)
        return found


class Retirement(models.Model):
    """One that is not expected to report, until it does: its silence after that is a new one."""

    class What(models.TextChoices):
        PIPELINE = "pipeline", "Pipeline"
        TOKEN = "token", "Token"

    site = models.ForeignKey(Site, models.PROTECT, related_name="retirements", db_index=False)
    what = models.CharField(max_length=10, choices=What.choices)
    ident = models.CharField(max_length=255, help_text="The id of the pipeline, or the number of the token.")
    retired_at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="retirements")

    objects = RetirementQuerySet.as_manager()

    class Meta:
        db_table = "retirement"
        constraints = [models.UniqueConstraint(fields=["site", "what", "ident"], name="retirement_is_said_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.ident}"

    def covers(self, silent: Silent) -> bool:
        """Whether it was said of this silence."""
        return silent.last_at <= self.retired_at
