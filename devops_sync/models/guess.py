"""How often somebody at an address failed to sign in lately, whatever the names were."""

from django.db import models
from django.db.models import Q


class Guesses(models.Model):
    """The guesses from one address since a time, each counted before it is looked at. See `people.guesses`."""

    address = models.GenericIPAddressField(primary_key=True, help_text="Of IPv6 the first of its /64 network.")
    since = models.DateTimeField()
    number = models.IntegerField()

    class Meta:
        db_table = "guesses"
        constraints = [models.CheckConstraint(condition=Q(number__gte=0), name="guesses_are_not_less_than_none")]

    def __str__(self) -> str:
        return f"{self.number} from {self.address}"
