"""Who sends: bearer tokens, static or for a quarter of an hour, and the site that they belong to."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from .. import remote
from ..models import Site, Token
from ..models.token import fingerprint
from ..secrecy import BEARER_PREFIX

ACCESS_SECONDS = 900  # As Atlassian's own tokens: "valid 15 minutes".
# Of those that carry a generation; what was signed before there were any is not known.
_SALT = "waybill.access-token.of-generation"
_USE_IS_NOTED_EVERY = dt.timedelta(minutes=1)


class NotKnown(Exception):
    """Nobody can be told from this request; the text says why. `token` is there when it merely ran out."""

    def __init__(self, sentence: str, token: Token | None = None):
        super().__init__(sentence)
        self.token = token


@dataclass(frozen=True)
class Granted:
    """A token whose client secret was shown, and which generation of it that secret is."""

    token: Token
    generation: int

    def seconds(self, now: dt.datetime) -> int:
        """For how long an access token given out now is taken: no longer than what it came from."""
        is_former = self.generation != self.token.generation
        ends = [at for at in (self.token.expires_at, self.token.former_until if is_former else None) if at]
        left = min(((at - now).total_seconds() for at in ends), default=ACCESS_SECONDS)
        return max(1, min(ACCESS_SECONDS, int(left)))


def access_token(granted: Granted) -> str:
    """A bearer token for the next 15 minutes. It dies with the token that it came from, and with its secret."""
    return signing.dumps([granted.token.pk, granted.generation], salt=_SALT)


def sender_of(request: HttpRequest, now: dt.datetime) -> Token:
    """The token that the request carries. Raises `NotKnown`."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer:
        raise NotKnown("The request carries no bearer token.")
    token, generation = _static(bearer) if bearer.startswith(BEARER_PREFIX) else _given_out(bearer)
    if token.revoked_at is not None:
        raise NotKnown("The token was revoked.", token)
    if token.expires_at is not None and token.expires_at <= now:
        raise NotKnown("The token has expired.", token)
    if not token.takes(generation, now):
        raise NotKnown("The token was rotated: this one is not taken any more.", token)
    is_former = generation != token.generation
    _note_use(token, is_former, remote.address_of(request), now)
    return token


def _static(bearer: str) -> tuple[Token, int]:
    """The token with this bearer, and the generation that it is of. One that was replaced costs a second look."""
    given = fingerprint(bearer)
    if found := Token.objects.with_site("bearer_hash", given):
        return found, found.generation
    if found := Token.objects.with_site("former_bearer_hash", given):
        return found, found.generation - 1
    raise NotKnown("The token is not known.")


def _given_out(bearer: str) -> tuple[Token, int]:
    """The token that an access token came from, and the generation that it was given out under."""
    try:
        pk, generation = signing.loads(bearer, salt=_SALT, max_age=ACCESS_SECONDS)
    except signing.SignatureExpired:
        pk, _ = signing.loads(bearer, salt=_SALT)
        raise NotKnown("The access token has expired.", Token.objects.with_site("id", pk)) from None
    except signing.BadSignature:
        raise NotKnown("The token is not known.") from None
    found = Token.objects.with_site("id", pk)
    if found is None:
        raise NotKnown("The token is not known.")
    return found, generation


def _note_use(token: Token, is_former: bool, address: str | None, now: dt.datetime) -> None:
    """Remember the last use, to the minute: a row written with every request would be a queue of its own."""
    last = token.former_used_at if is_former else token.last_used_at
    if last is None or last < now - _USE_IS_NOTED_EVERY:
        former = {"former_used_at": now} if is_former else {}
        Token.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=address, **former)


def client_of(client_id: Any, secret: Any, now: dt.datetime) -> Granted | None:
    """The living token with this client id and secret."""
    if not isinstance(client_id, str) or not isinstance(secret, str) or "\0" in client_id:
        return None
    token = Token.objects.alive(now).select_related("site").filter(client_id=client_id[:200]).first()
    generation = token.generation_of(secret, now) if token is not None else None
    return Granted(token, generation) if token is not None and generation is not None else None


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
        return Site.objects.connected().filter(cloud_id=cloud_id).first()
    if slug is not None:
        return Site.objects.connected().filter(slug=slug).first()
    sites = list(Site.objects.connected()[:2])
    return sites[0] if len(sites) == 1 else None


def largest_body() -> int:
    """Bytes that a body may have."""
    return int(settings.LARGEST_BODY)
