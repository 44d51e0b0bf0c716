"""Where somebody is signed in: Django's own table of sessions, with whose each is and what it came from."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from .people import User


class Session(AbstractBaseSession):
    """A browser that is signed in, or is about to be. Its row is what makes it so: without it, it is not."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    address = models.GenericIPAddressField(null=True, help_text="Where the sign-in came from.")
    browser = models.CharField(max_length=300, blank=True, help_text="What the browser said it is.")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="To within a few minutes.")

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        db_table = "session"
