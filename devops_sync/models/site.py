"""The Jira sites that data goes to, and the credentials of those who send it."""

import datetime as dt
import hashlib
import secrets
import uuid
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .. import prepared, vault

SECRET_PREFIX = "wbs_"  # noqa: S105 (what secrets begin with)
BEARER_PREFIX = "wbt_"


class Site(models.Model):
    """One Jira Cloud site with one credential. The secret is sealed at rest.

    `client_id` is the id of the OAuth credential, or the key of the Connect app. `capabilities` says what Jira let the
    credential do when it was last asked: for each API, READ, WRITE and DELETE, and the problem in a sentence. It is
    empty until then.
    """

    class Auth(models.TextChoices):
        OAUTH = "oauth", "OAuth credential"
        CONNECT = "connect", "Connect app"

    class Superseding(models.TextChoices):
        WHEN_MANY = "when_many", "When more than 1,000 wait"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    slug = models.SlugField(max_length=60, unique=True)
    url = models.URLField(max_length=500)
    api_url = models.URLField(max_length=500, blank=True)
    cloud_id = models.CharField(max_length=100, unique=True)
    auth = models.CharField(max_length=10, choices=Auth.choices, default=Auth.OAUTH)
    client_id = models.CharField(max_length=255)
    sealed_secret = models.BinaryField()
    is_sandbox = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    capabilities = models.JSONField(default=dict)
    capabilities_at = models.DateTimeField(null=True, blank=True)
    superseding = models.CharField(
        max_length=10,
        choices=Superseding.choices,
        default=Superseding.WHEN_MANY,
        help_text="When versions that a later one replaces anyway need not be sent.",
    )
    sample_one_in = models.PositiveSmallIntegerField(
        default=20, help_text="Of how many accepted entries one is read back by itself; 0 reads none."
    )
    approval_above = models.IntegerField(
        null=True,
        default=10_000,
        help_text="From more entities than this on, a second admin has to approve a deletion; none: never.",
    )

    class Meta:
        db_table = "site"

    def __str__(self) -> str:
        return self.slug

    @property
    def is_app(self) -> bool:
        """Whether it is reached as a Connect app, on its own paths."""
        return self.auth == self.Auth.CONNECT

    @property
    def secret(self) -> str:
        """The credential's secret in clear. It goes into requests to Jira and nowhere else."""
        return vault.open_sealed(bytes(self.sealed_secret))

    @secret.setter
    def secret(self, value: str) -> None:
        self.sealed_secret = vault.seal(value)


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
        token.site = Site.from_db("default", [field.attname for field in _site_fields()], row[width:])
        return token


@lru_cache
def _site_fields() -> list["models.Field[Any, Any]"]:
    """What a request needs of its site. The rest is read when it is asked for."""
    return [field for field in Site._meta.concrete_fields if field.attname not in ("capabilities", "capabilities_at")]


@lru_cache
def _with_site(column: str) -> str:
    fields = [*Token._meta.concrete_fields, *_site_fields()]
    columns = ", ".join(f"{field.model._meta.db_table}.{field.column}" for field in fields)
    return f"SELECT {columns} FROM token JOIN site ON site.id = token.site_id WHERE token.{column} = %s"  # noqa: S608 (names of columns)


class Token(models.Model):
    """The credentials of one sender: a client id with its secret, and a static bearer token.

    Both secrets are random texts of 256 bits, so a plain hash of them cannot be guessed back.
    """

    SCOPES = ("read", "write", "delete")

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

    objects = TokenQuerySet.as_manager()

    class Meta:
        db_table = "token"
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="token_name_is_unique_in_its_site")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create(
        cls, name: str, site: Site, scopes: list[str], now: dt.datetime, expires_at: dt.datetime | None = None
    ) -> tuple["Token", str, str]:
        """Make credentials. Returns the token with its client secret and its bearer token in clear, once."""
        secret, bearer = f"{SECRET_PREFIX}{secrets.token_urlsafe(32)}", f"{BEARER_PREFIX}{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            name=name,
            site=site,
            scopes=scopes,
            client_id=f"wbc-{uuid.uuid4()}",
            secret_hash=fingerprint(secret),
            bearer_hash=fingerprint(bearer),
            created_at=now,
            expires_at=expires_at,
        )
        return token, secret, bearer

    def is_secret(self, secret: str) -> bool:
        return secrets.compare_digest(bytes(self.secret_hash), fingerprint(secret))


def fingerprint(secret: str) -> bytes:
    """The SHA-256 under which a random secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
