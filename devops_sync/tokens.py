"""The tokens of those who send: made, rotated, limited, given another end, revoked."""

import datetime as dt

from django.db import IntegrityError, transaction

from . import audit
from .models import Site, Token
from .wrong import Unusable, Wrong

LONGEST_OVERLAP = dt.timedelta(days=30)
MOST_A_MINUTE = 1_000_000


def create(
    name: str,
    site: Site,
    scopes: list[str],
    now: dt.datetime,
    expires_at: dt.datetime | None = None,
    rate_limit: int | None = None,
) -> tuple[Token, str, str]:
    """Give credentials to a sender. Returns the token, its client secret and its bearer token. Raises `Wrong`.

    `rate_limit`: requests a minute, None for as many as come.
    """
    unknown = [scope for scope in scopes if scope not in Token.SCOPES]
    if unknown or not scopes:
        raise Unusable(f"The scopes must be some of {', '.join(Token.SCOPES)}, separated by commas.", "scopes")
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Unusable("The token needs a name of at most 100 characters.", "name")
    _check_limit(rate_limit)
    if site.is_removed:
        raise Wrong(f"The site '{site.slug}' was removed; nothing can be sent to it.", "site")
    ordered = sorted(set(scopes), key=Token.SCOPES.index)
    try:
        with transaction.atomic():
            made = Token.create(name, site, ordered, now, expires_at, rate_limit)
            facts = {"scopes": ordered, "expires_at": expires_at, "rate_limit": rate_limit}
            audit.note("token.created", on=made[0], after=facts)
            return made
    except IntegrityError:
        raise Wrong(f"The site '{site.slug}' has a token with the name '{name}' already.", "name") from None


@transaction.atomic
def rotate(token: Token, overlap: dt.timedelta, now: dt.datetime, generation: int | None = None) -> tuple[str, str]:
    """Give it a new client secret and bearer token, returned once; the old ones are taken for `overlap` more.

    With `generation` only a token of that generation is rotated, so that a form sent twice does it once.
    Raises `Wrong`.
    """
    if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Unusable(f"The old secrets can go on for 0 to {LONGEST_OVERLAP.days * 24} hours.", "overlap")
    held = _held(token)
    _refuse_ended(held, now)
    if generation is not None and held.generation != generation:
        raise Wrong("The token was rotated meanwhile, and nothing was changed by this. Rotate it again if you need to.")
    found = held.rotate(overlap, now)
    audit.note("token.rotated", on=held, after={"old_until": held.former_until})
    token.refresh_from_db()
    return found


@transaction.atomic
def revoke(token: Token, now: dt.datetime) -> None:
    """Take nothing of it any more, at once, nor of the access tokens that it gave out. Raises `Wrong`."""
    held = _held(token)
    if held.revoked_at is not None:
        raise Wrong("The token was revoked already.")
    held.revoke(now)
    audit.note("token.revoked", on=held)
    token.refresh_from_db()


@transaction.atomic
def limit(token: Token, expires_at: dt.datetime | None, rate_limit: int | None, now: dt.datetime) -> None:
    """Say when it ends, None for never, and how many requests it may send in a minute. Raises `Wrong`."""
    _check_limit(rate_limit)
    held = _held(token)
    if held.revoked_at is not None:
        raise Wrong("The token was revoked, and stays so.")
    before = {"expires_at": held.expires_at, "rate_limit": held.rate_limit}
    held.expires_at, held.rate_limit = expires_at, rate_limit
    held.save(update_fields=list(before))
    audit.note("token.changed", on=held, before=before, after={"expires_at": expires_at, "rate_limit": rate_limit})
    token.refresh_from_db()


def _check_limit(rate_limit: int | None) -> None:
    if rate_limit is not None and not 0 < rate_limit <= MOST_A_MINUTE:
        raise Unusable(f"The limit must be a whole number from 1 to {MOST_A_MINUTE:,}, or none.", "rate_limit")


def _held(token: Token) -> Token:
    """The token as it is now; until the end of the transaction nobody else changes it."""
    return Token.objects.select_for_update(no_key=True).get(pk=token.pk)


def _refuse_ended(token: Token, now: dt.datetime) -> None:
    if token.revoked_at is not None:
        raise Wrong("The token was revoked. Make a new one.")
    if token.expires_at is not None and token.expires_at <= now:
        raise Wrong("The token has expired. Give it another end first, or make a new one.")
