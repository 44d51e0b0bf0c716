"""Saved views: a list's filters under a name, for whoever saved them or for all who see that site."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, models
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


class Listed(NamedTuple):
    """A saved view as a menu needs it; `username` is that of who saved it."""

    pk: int
    name: str
    query: str
    is_shared: bool
    user_id: int
    site_id: int | None
    username: str


def listed(user: User, sites: Sequence[Site], of: str, most: int) -> list[Listed]:
    """Those of a list that the person sees, by name, `most` of them: every list asks, so by a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, {"user": user.pk, "sites": [site.pk for site in sites], "list": of, "most": most})
        return [Listed(*row) for row in cursor.fetchall()]


_LISTED = """
SELECT view.id, view.name, view.query, view.is_shared, view.user_id, view.site_id, person.username
FROM saved_view AS view JOIN "user" AS person ON person.id = view.user_id
WHERE view.list = %(list)s AND (
    view.user_id = %(user)s
    OR view.is_shared AND (view.site_id IS NULL OR view.site_id = ANY(%(sites)s::bigint[]))
)
ORDER BY view.name, view.id LIMIT %(most)s
"""
