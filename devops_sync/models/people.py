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
    has_single_keys = models.BooleanField(
        default=True, db_default=True, help_text="Whether single letters are shortcuts on the pages."
    )

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

    def press(self, *, single_keys: bool) -> None:
        """From now on let single letters be shortcuts, or not."""
        self.has_single_keys = single_keys
        self.save(update_fields=["has_single_keys"])

    @cached_property
    def read_grants(self) -> "list[Grant]":
        """The grants, read once in the life of this object, which is one request."""
        return list(self.grants.all())

    def forget_grants(self) -> None:
        """Read the grants anew when somebody asks for them: they have changed."""
        self.__dict__.pop("read_grants", None)


class Grant(models.Model):
    """One role of one person, for one site or, without a site, for all of them."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        RELEASE_MANAGER = "release-manager", "Release manager"
        AUDITOR = "auditor", "Auditor"
        ADMIN = "admin", "Admin"

    class Origin(models.TextChoices):
        HAND = "hand", "By hand"
        GROUPS = "groups", "By a group"

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    site = models.ForeignKey("devops_sync.Site", models.CASCADE, null=True, blank=True, related_name="grants")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.HAND, db_default=Origin.HAND)

    class Meta:
        db_table = "grant"
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "site"], nulls_distinct=False, name="grant_is_given_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["viewer", "release-manager", "auditor", "admin"]),
                name="grant_role_is_known",
            ),
            models.CheckConstraint(condition=models.Q(origin__in=["hand", "groups"]), name="grant_origin_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.site or 'all sites'}"
