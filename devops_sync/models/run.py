"""Long pieces of work that show how far they are."""

from django.db import models

from .site import Site


class Run(models.Model):
    """One long piece of work of one site, such as filling in the demo's history."""

    class Kind(models.TextChoices):
        DEMO = "demo", "Demo data"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    site = models.ForeignKey(Site, models.CASCADE, related_name="runs")
    seed = models.BigIntegerField(null=True)
    total = models.IntegerField()
    done = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "run"

    def __str__(self) -> str:
        return f"{self.kind} of {self.site}: {self.done} of {self.total}"
