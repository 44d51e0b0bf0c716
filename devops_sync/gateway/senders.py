"""Who sends: bearer tokens, static or for a quarter of an hour, and the site that they belong to."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from ..models import Site, Token
from ..models.site import BEARER_PREFIX, fingerprint

ACCESS_SECONDS = 900  # As Atlassian's own tokens: "valid 15 minutes".
_SALT = "waybill.access-token"
_USE_IS_NOTED_EVERY = dt.timedelta(minutes=1)


class NotKnown(Exception):
    """Nobody can be told from this request; the text says why. `token` is there when it merely ran out."""

    def __init__(self, sentence: str, token: Token | None = None):
        super().__init__(sentence)
        self.token = token


def access_token(token: Token) -> str:
    """A bearer token for the next 15 minutes. It dies with the token that it came from."""
    return signing.dumps(token.pk, salt=_SALT)


def sender_of(request: HttpRequest, now: dt.datetime) -> Token:
    """The token that the request carries. Raises `NotKnown`."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer:
        raise NotKnown("The request carries no bearer token.")
    token = _find(bearer)
    if token.revoked_at is not None:
        raise NotKnown("The token was revoked.", token)
    if token.expires_at is not None and token.expires_at <= now:
        raise NotKnown("The token has expired.", token)
    _note_use(token, now)
    return token


def _find(bearer: str) -> Token:
    tokens = Token.objects
    if bearer.startswith(BEARER_PREFIX):
        found = tokens.with_site("bearer_hash", fingerprint(bearer))
        if found is None:
            raise NotKnown("The token is not known.")
        return found
    try:
        pk = signing.loads(bearer, salt=_SALT, max_age=ACCESS_SECONDS)
    except signing.SignatureExpired:
        pk = signing.loads(bearer, salt=_SALT)
        raise NotKnown("The access token has expired.", tokens.with_site("id", pk)) from None
    except signing.BadSignature:
        raise NotKnown("The token is not known.") from None
    found = tokens.with_site("id", pk)
    if found is None:
        raise NotKnown("The token is not known.")
    return found


def _note_use(token: Token, now: dt.datetime) -> None:
    """Remember the last use, to the minute: a row written with every request would be a queue of its own."""
    if token.last_used_at is None or token.last_used_at < now - _USE_IS_NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


def client_of(client_id: Any, secret: Any, now: dt.datetime) -> Token | None:
    """The living token with this client id and secret."""
    if not isinstance(client_id, str) or not isinstance(secret, str) or "\0" in client_id:
        return None
    token = Token.objects.alive(now).select_related("site").filter(client_id=client_id[:200]).first()
    return token if token is not None and token.is_secret(secret) else None


def names_none(*, cloud_id: str | None, slug: str | None) -> bool:
    """Whether a path names no site: then it means the one that the sender's token belongs to."""
    return cloud_id is None and slug is None


def is_named(site: Site, *, cloud_id: str | None, slug: str | None) -> bool:
    """Whether a path names just this site, so that it need not be looked for."""
    return (cloud_id or slug) is not None and cloud_id in (None, site.cloud_id) and slug in (None, site.slug)


def site_of(*, cloud_id: str | None = None, slug: str | None = None) -> Site | None:
    """The site that a path names; one that names none, of somebody without a token, means the only one there is."""
    if any("\0" in text for text in (cloud_id or "", slug or "")):
        return None
    if cloud_id is not None:
        return Site.objects.filter(cloud_id=cloud_id).first()
    if slug is not None:
        return Site.objects.filter(slug=slug).first()
    sites = list(Site.objects.all()[:2])
    return sites[0] if len(sites) == 1 else None


def largest_body() -> int:
    """Bytes that a body may have."""
    return int(settings.LARGEST_BODY)
