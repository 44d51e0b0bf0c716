"""Who signs in, and in which role."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property


class User(AbstractUser):
    """A person. What they may do comes from their grants, see `devops_sync.roles`."""

    class ColorScheme(models.TextChoices):
        SYSTEM = "", "As the system has it"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    hidden_columns = models.JSONField(
        default=dict, blank=True, help_text="The columns that they do not want to see, by list."
    )

    time_zone = models.CharField(
        max_length=64, blank=True, help_text="The zone that they read times in; without one it is their browser's."
    )
    color_scheme = models.CharField(max_length=5, blank=True, choices=ColorScheme.choices)

    class Meta(AbstractUser.Meta):
        db_table = "user"

    def hide_columns(self, of: str, names: list[str]) -> None:
        """From now on show all columns of a list but these."""
        self.hidden_columns = {**self.hidden_columns, of: names}
        self.save(update_fields=["hidden_columns"])

    def read_in(self, *, time_zone: str | None = None, color_scheme: str | None = None) -> None:
        """From now on show pages in this zone and scheme; None leaves it as it is."""
        self.time_zone = self.time_zone if time_zone is None else time_zone
        self.color_scheme = self.color_scheme if color_scheme is None else color_scheme
        self.save(update_fields=["time_zone", "color_scheme"])

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
