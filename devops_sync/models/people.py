"""Who signs in, and in which role."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property


class User(AbstractUser):
    """A person. What they may do comes from their grants, see `devops_sync.roles`."""

    hidden_columns = models.JSONField(
        default=dict, blank=True, help_text="The columns that they do not want to see, by list."
    )

    class Meta(AbstractUser.Meta):
        db_table = "user"

    def hide_columns(self, of: str, names: list[str]) -> None:
        """From now on show all columns of a list but these."""
        self.hidden_columns = {**self.hidden_columns, of: names}
        self.save(update_fields=["hidden_columns"])

    @cached_property
    def read_grants(self) -> "list[Grant]":
        """The grants, read once in the life of this object, which is one request."""
        return list(self.grants.all())


class Grant(models.Model):
    """One role of one person, for one site or, without a site, for all of them."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        RELEASE_MANAGER = "release-manager", "Release manager"
        AUDITOR = "auditor", "Auditor"
        ADMIN = "admin", "Admin"

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    site = models.ForeignKey("devops_sync.Site", models.CASCADE, null=True, blank=True, related_name="grants")

    class Meta:
        db_table = "grant"
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "site"], nulls_distinct=False, name="grant_is_given_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["viewer", "release-manager", "auditor", "admin"]),
                name="grant_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.site or 'all sites'}"
