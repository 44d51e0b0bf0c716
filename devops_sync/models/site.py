"""The Jira sites that data goes to."""

import datetime as dt
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q

from .. import vault


class SiteQuerySet(models.QuerySet["Site"]):
    def connected(self) -> "SiteQuerySet":
        """Those that were not removed."""
        return self.filter(retired_at=None)

    def removed(self) -> "SiteQuerySet":
        return self.filter(retired_at__isnull=False)

    def standing_still(self) -> "SiteQuerySet":
        """Those that Jira is asked nothing of: paused, or removed."""
        return self.filter(Q(paused_at__isnull=False) | Q(retired_at__isnull=False))

    def still_ids(self) -> list[int]:
        """Their numbers: they are few, and mostly none, so that whoever has many rows need not join for them."""
        return list(self.standing_still().values_list("pk", flat=True))


class Site(models.Model):
    """One Jira Cloud site with one credential. The secret is sealed at rest.

    `client_id` is the id of the OAuth credential, or the key of the Connect app. `capabilities` says what Jira let the
    credential do when it was last asked: for each API, READ, WRITE and DELETE, and the problem in a sentence. It is
    empty until then.

    A loosening of the approval waits beside what holds, see `devops_sync.approvals`.

    A paused site takes submissions and sends nothing. A removed one has no secret and no living token; what the ledger
    holds of it stays. It may have given its short name away, then `former_slug` has it.
    """

    class Auth(models.TextChoices):
        OAUTH = "oauth", "OAuth credential"
        CONNECT = "connect", "Connect app"

    class Superseding(models.TextChoices):
        WHEN_MANY = "when_many", "When more than 1,000 wait"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    slug = models.SlugField(max_length=60, unique=True)
    url = models.URLField(max_length=500)
    api_url = models.URLField(max_length=500, blank=True)
    cloud_id = models.CharField(max_length=100)
    auth = models.CharField(max_length=10, choices=Auth.choices, default=Auth.OAUTH)
    client_id = models.CharField(max_length=255)
    sealed_secret = models.BinaryField()
    is_sandbox = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    capabilities = models.JSONField(default=dict)
    capabilities_at = models.DateTimeField(null=True, blank=True)
    superseding = models.CharField(
        max_length=10,
        choices=Superseding.choices,
        default=Superseding.WHEN_MANY,
        help_text="When versions that a later one replaces anyway need not be sent.",
    )
    sample_one_in = models.PositiveSmallIntegerField(
        default=20, help_text="Of how many accepted entries one is read back by itself; 0 reads none."
    )
    approval_above = models.IntegerField(
        null=True,
        default=10_000,
        help_text="From more entities than this on, a second admin has to approve a deletion; none: never.",
    )
    loosens_at = models.DateTimeField(
        null=True, blank=True, help_text="When `loosens_to` takes the place of `approval_above`."
    )
    loosens_to = models.IntegerField(null=True, blank=True)
    loosened_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, blank=True, related_name="+")
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, blank=True, related_name="+")
    pause_reason = models.CharField(max_length=300, blank=True, db_default="", default="")
    # When it was removed, and by whom: the columns are older than the word. Retired is said of pipelines and tokens.
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey("devops_sync.User", models.PROTECT, null=True, blank=True, related_name="+")
    former_slug = models.CharField(max_length=60, blank=True, db_default="", default="")

    objects = SiteQuerySet.as_manager()

    class Meta:
        db_table = "site"
        constraints = [
            models.UniqueConstraint(
                fields=["cloud_id"], condition=Q(retired_at=None), name="site_is_connected_once_to_its_jira"
            )
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_app(self) -> bool:
        """Whether it is reached as a Connect app, on its own paths."""
        return self.auth == self.Auth.CONNECT

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None and self.retired_at is None

    @property
    def is_removed(self) -> bool:
        return self.retired_at is not None

    @property
    def stands_still(self) -> bool:
        """Whether Jira is asked nothing of it."""
        return self.is_paused or self.is_removed

    def is_loosening(self, now: dt.datetime) -> bool:
        """Whether somebody asked for a looser approval that does not hold yet."""
        return self.loosens_at is not None and now < self.loosens_at

    def approves_above(self, now: dt.datetime) -> int | None:
        """How many entities a deletion may have at this time before a second admin has to approve it; None: any."""
        return self.approval_above if self.loosens_at is None or self.is_loosening(now) else self.loosens_to

    @property
    def secret(self) -> str:
        """The credential's secret in clear. It goes into requests to Jira and nowhere else."""
        return vault.open_sealed(bytes(self.sealed_secret))

    @secret.setter
    def secret(self, value: str) -> None:
        self.sealed_secret = vault.seal(value)


_NOT_NEEDED = (
    *("capabilities", "capabilities_at", "paused_by_id", "pause_reason", "retired_by_id", "former_slug"),
    *("loosens_at", "loosens_to", "loosened_by_id"),
)


@lru_cache
def needed_fields() -> list["models.Field[Any, Any]"]:
    """What a request needs of its site. The rest is read when it is asked for."""
    return [field for field in Site._meta.concrete_fields if field.attname not in _NOT_NEEDED]
