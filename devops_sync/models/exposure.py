"""What looks like a secret in a submission."""

from django.db import models

from .submission import Submission


class Exposure(models.Model):
    """One text in a submission's bytes that looks like a secret. What it is and where; never the text itself."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="exposures")
    what = models.CharField(max_length=60)
    at_byte = models.IntegerField()

    class Meta:
        db_table = "exposure"
        ordering = ["at_byte"]

    def __str__(self) -> str:
        return f"{self.what} at byte {self.at_byte:,}"
