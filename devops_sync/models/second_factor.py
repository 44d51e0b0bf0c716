"""What somebody shows beside their password: codes of an app, and codes on paper for when the app is gone."""

from django.db import models
from django.utils import timezone

from devops_sync import vault

from .people import User


class SecondFactor(models.Model):
    """The secret that somebody's app makes codes from."""

    user = models.OneToOneField(User, models.CASCADE, related_name="second_factor")
    sealed_secret = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    last_step = models.BigIntegerField(default=0, help_text="The half minute of the last code that was taken.")
    wrong_codes = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since the last right one.")
    rests_until = models.DateTimeField(null=True, help_text="Until then no code is looked at.")
    rests = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often it rested since the last right code."
    )

    class Meta:
        db_table = "second_factor"

    @property
    def secret(self) -> str:
        """In base32, as apps take it. Raises `vault.CannotOpen`."""
        return vault.open_sealed(bytes(self.sealed_secret))


class RecoveryCode(models.Model):
    """A code that signs somebody in once in place of their app's. Only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField()

    class Meta:
        db_table = "recovery_code"
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_is_given_once")]
