"""The tokens: the credentials of those who send, each to one site."""

import datetime as dt
import hashlib
import secrets
import uuid
from functools import lru_cache

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .. import prepared
from ..secrecy import BEARER_PREFIX, SECRET_PREFIX
from .site import Site, needed_fields


class TokenQuerySet(models.QuerySet["Token"]):
    def alive(self, now: dt.datetime) -> "TokenQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def with_site(self, column: str, value: int | bytes) -> "Token | None":
        """The token that has this value in a unique column, with its site.

        Every request of a sender begins with this look-up, so it is a prepared statement.
        """
        row = prepared.run(_with_site(column), [value]).fetchone()
        if row is None:
            return None
        width = len(Token._meta.concrete_fields)
        token = Token.from_db("default", [field.attname for field in Token._meta.concrete_fields], row[:width])
        token.site = Site.from_db("default", [field.attname for field in needed_fields()], row[width:])
        return token


@lru_cache
def _with_site(column: str) -> str:
    fields = [*Token._meta.concrete_fields, *needed_fields()]
    columns = ", ".join(f"{field.model._meta.db_table}.{field.column}" for field in fields)
    return f"SELECT {columns} FROM token JOIN site ON site.id = token.site_id WHERE token.{column} = %s"  # noqa: S608 (names of columns)


class Token(models.Model):
    """The credentials of one sender: a client id with its secret, and a static bearer token.

    Both secrets are random texts of 256 bits, so a plain hash of them cannot be guessed back. A rotation makes new
    ones; the former pair may go on for a while beside them, until `former_until`. `generation` counts rotations:
    access tokens carry it, so that they die with the secret that they came from.
    """

    class State(models.TextChoices):
        ALIVE = "alive", "Alive"
        ROTATING = "rotating", "Rotating"
        EXPIRES_SOON = "expires_soon", "Expires soon"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    SCOPES = ("read", "write", "delete")
    SOON = dt.timedelta(days=14)

    name = models.CharField(max_length=100)
    site = models.ForeignKey(Site, models.PROTECT, related_name="tokens")
    scopes = ArrayField(models.CharField(max_length=10))
    client_id = models.CharField(max_length=64, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    bearer_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    rate_limit = models.IntegerField(null=True, blank=True, help_text="Requests in a minute; none: as many as come.")
    generation = models.IntegerField(default=1, db_default=1)
    rotated_at = models.DateTimeField(null=True, blank=True)
    former_secret_hash = models.BinaryField(max_length=32, null=True)
    former_bearer_hash = models.BinaryField(max_length=32, null=True, unique=True)
    former_until = models.DateTimeField(null=True, blank=True)
    former_used_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        db_table = "token"
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="token_name_is_unique_in_its_site"),
            models.CheckConstraint(
                condition=Q(rate_limit=None) | Q(rate_limit__gt=0), name="token_rate_limit_lets_something_through"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create(
        cls,
        name: str,
        site: Site,
        scopes: list[str],
        now: dt.datetime,
        expires_at: dt.datetime | None = None,
        rate_limit: int | None = None,
    ) -> tuple["Token", str, str]:
        """Make credentials. Returns the token with its client secret and its bearer token in clear, once."""
        secret, bearer = _new_secrets()
        token = cls.objects.create(
            name=name,
            site=site,
            scopes=scopes,
            client_id=f"wbc-{uuid.uuid4()}",
            secret_hash=fingerprint(secret),
            bearer_hash=fingerprint(bearer),
            created_at=now,
            expires_at=expires_at,
            rate_limit=rate_limit,
        )
        return token, secret, bearer

    def rotate(self, overlap: dt.timedelta, now: dt.datetime) -> tuple[str, str]:
        """Give it a new client secret and a new bearer token, returned in clear, once.

        The old ones go on for `overlap`. What went on from the rotation before this one ends at once.
        """
        secret, bearer = _new_secrets()
        # Also those that end at once are kept: who still sends with one is then told by name.
        self.former_secret_hash, self.former_bearer_hash = self.secret_hash, self.bearer_hash
        self.former_until = now + overlap if overlap else None
        self.former_used_at = None
        self.secret_hash, self.bearer_hash = fingerprint(secret), fingerprint(bearer)
        self.generation += 1
        self.rotated_at = now
        self.save(update_fields=[*_SECRETS, "generation", "rotated_at", "former_until", "former_used_at"])
        return secret, bearer

    def revoke(self, now: dt.datetime) -> None:
        """From now on nothing of it is taken, nor what it gave out."""
        self.revoked_at = now
        self.former_until = None
        self.generation += 1
        # No unique column: whoever writes down a submission holds on to those of the token's row.
        self.save(update_fields=["revoked_at", "former_until", "generation"])

    def state(self, now: dt.datetime) -> "Token.State":
        """How it is with the token at this time."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return self.State.EXPIRED
        if self.overlaps(now):
            return self.State.ROTATING
        if self.expires_at is not None and self.expires_at <= now + self.SOON:
            return self.State.EXPIRES_SOON
        return self.State.ALIVE

    def is_over(self, now: dt.datetime) -> bool:
        return self.state(now) in (self.State.REVOKED, self.State.EXPIRED)

    def overlaps(self, now: dt.datetime) -> bool:
        """Whether the secrets from before the last rotation are still taken."""
        return self.former_until is not None and now < self.former_until

    def generation_of(self, secret: str, now: dt.datetime) -> int | None:
        """Which generation a client secret is of; None where it is not taken."""
        given = fingerprint(secret)
        if secrets.compare_digest(bytes(self.secret_hash), given):
            return self.generation
        former = bytes(self.former_secret_hash or b"")
        return self.generation - 1 if self.overlaps(now) and secrets.compare_digest(former, given) else None

    def takes(self, generation: int, now: dt.datetime) -> bool:
        """Whether what was given out under a generation still counts."""
        return generation == self.generation or (generation == self.generation - 1 and self.overlaps(now))


_SECRETS = ("secret_hash", "bearer_hash", "former_secret_hash", "former_bearer_hash")


class TokenMinute(models.Model):
    """How many requests came with a limited token in a minute, and how many of them were turned away.

    Its table is not logged: it is written with every such request, and what a crash loses of it is a minute's count.
    """

    pk = models.CompositePrimaryKey("token_id", "minute")
    # Checking the key would lock the token's row, which is written to disk with every first request of a minute.
    token = models.ForeignKey(Token, models.CASCADE, db_constraint=False, db_index=False, related_name="minutes")
    minute = models.DateTimeField()
    requests = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    class Meta:
        db_table = "token_minute"

    def __str__(self) -> str:
        return f"{self.requests} requests at {self.minute:%Y-%m-%d %H:%M}"


def _new_secrets() -> tuple[str, str]:
    return f"{SECRET_PREFIX}{secrets.token_urlsafe(32)}", f"{BEARER_PREFIX}{secrets.token_urlsafe(32)}"


def fingerprint(secret: str) -> bytes:
    """The SHA-256 under which a random secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
