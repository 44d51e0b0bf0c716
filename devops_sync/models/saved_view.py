"""Saved views: a list's filters under a name, for whoever saved them or for all who see that site."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q

from .people import User
from .site import Site


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user: User, sites: Sequence[Site]) -> "SavedViewQuerySet":
        """Their own, and what others share with everybody or with a site of theirs."""
        return self.filter(Q(user=user) | Q(is_shared=True) & (Q(site=None) | Q(site__in=sites)))

    def keep(self, user: User, of: str, name: str, **facts: Any) -> "SavedView":
        """Save it under its name; what the person saved of that list under the same name before is replaced."""
        return self.update_or_create(user=user, list=of, name=name, defaults=facts)[0]


class SavedView(models.Model):
    """A list and the query string that its filters stand in."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    list = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=4000, blank=True)
    is_shared = models.BooleanField(default=False)
    site = models.ForeignKey(
        Site,
        models.PROTECT,
        null=True,
        related_name="saved_views",
        help_text="Whose people a shared one is for; without a site it is for everybody.",
    )
    saved_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        db_table = "saved_view"
        constraints = [models.UniqueConstraint(fields=["user", "list", "name"], name="saved_view_has_its_own_name")]
        indexes = [models.Index(fields=["list"], name="saved_view_shared", condition=Q(is_shared=True))]

    def __str__(self) -> str:
        return self.name
