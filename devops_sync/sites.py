"""Connecting Jira sites, and giving credentials to those who send."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from . import vault
from .delivery.clients import client_of
from .jira import client as jira
from .kinds import APIS
from .models import Grant, Lane, Site, Token, User

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


# An entity of each API that does not exist, and a submission to it that holds nothing.
_PROBES: dict[str, tuple[str, tuple[str | int, ...], bytes]] = {
    "deployments": ("deployment", ("waybill", "waybill", 1), b'{"deployments":[]}'),
    "builds": ("build", ("waybill", 1), b'{"builds":[]}'),
    "devinfo": ("repository", ("waybill",), b'{"repositories":[]}'),
}


@dataclass(frozen=True)
class Capability:
    """What a credential may do with one API; None where that cannot be told without doing it.

    `problem` is the sentence that says why something is not possible, or not known.
    """

    api: str
    read: bool | None
    write: bool | None
    delete: bool | None
    problem: str = ""


class Wrong(Exception):
    """What was asked for cannot be set up; the text is the sentence that says why."""


class Unusable(Wrong):
    """What was asked for could not be set up anywhere: a name, scope or role that is none."""


def connect(
    slug: str,
    url: str,
    client_id: str,
    secret: str,
    now: dt.datetime,
    *,
    api_url: str = "",
    auth: Site.Auth = Site.Auth.OAUTH,
    allow_private: bool | None = None,
) -> Site:
    """Connect a site: its cloud id is asked for. Raises `Wrong`, or `jira.Unreachable` when it does not answer.

    `allow_private` defaults to what the installation allows.
    """
    allowed = settings.ALLOW_PRIVATE_UPSTREAM if allow_private is None else allow_private
    if not _SLUG.fullmatch(slug):
        raise Unusable("The site's short name must be made of a to z, 0 to 9 and hyphens, 60 characters at most.")
    if not client_id or not secret:
        raise Unusable("The credential needs a client id, or the key of a Connect app, and a secret.")
    url, api_url = url.rstrip("/"), api_url.rstrip("/")
    try:
        for address in filter(None, (url, api_url)):
            jira.check_url(address, allow_private=allowed)
        tenant = jira.tenant(url, allow_private=allowed)
    except (jira.NotAllowed, jira.Denied) as refusal:
        raise Wrong(str(refusal)) from None
    site = Site(
        slug=slug,
        url=url,
        # The sandbox is site and API gateway in one.
        api_url=api_url or (url if tenant.is_sandbox else ""),
        cloud_id=tenant.cloud_id,
        auth=auth,
        client_id=client_id,
        is_sandbox=tenant.is_sandbox and allowed,
        created_at=now,
    )
    site.secret = secret
    try:
        with transaction.atomic():
            site.save()
            Lane.objects.bulk_create(Lane(site=site, api=api, priority=Lane.Priority.LIVE) for api in APIS)
    except IntegrityError:
        raise Wrong(f"A site named '{slug}' or with the cloud id {tenant.cloud_id} is connected already.") from None
    return site


def create_token(
    name: str, site: Site, scopes: list[str], now: dt.datetime, expires_at: dt.datetime | None = None
) -> tuple[Token, str, str]:
    """Give credentials to a sender. Returns the token, its client secret and its bearer token. Raises `Wrong`."""
    unknown = [scope for scope in scopes if scope not in Token.SCOPES]
    if unknown or not scopes:
        raise Unusable(f"The scopes must be some of {', '.join(Token.SCOPES)}, separated by commas.")
    if not name.strip() or len(name) > 100:
        raise Unusable("The token needs a name of at most 100 characters.")
    try:
        with transaction.atomic():
            return Token.create(name, site, sorted(set(scopes), key=Token.SCOPES.index), now, expires_at)
    except IntegrityError:
        raise Wrong(f"The site '{site.slug}' has a token with the name '{name}' already.") from None


def create_user(name: str, role: str, password: str) -> User:
    """Make a person with one role for all sites. Raises `Wrong`."""
    if role not in Grant.Role.values:
        raise Unusable(f"The role must be one of {', '.join(Grant.Role.values)}.")
    if not name or len(name) > 150:
        raise Unusable("The user needs a name of at most 150 characters.")
    try:
        with transaction.atomic():
            user = User.objects.create_user(name, password=password)
            Grant.objects.create(user=user, role=role)
    except IntegrityError:
        raise Wrong(f"There is a user with the name '{name}' already.") from None
    return user


def capabilities(site: Site) -> list[Capability]:
    """Ask Jira what the site's credential may do with each API. Nothing is stored and nothing deleted.

    Reading is tried with an entity that cannot exist, writing with a submission that holds no entity. Whether it
    may delete cannot be told without deleting, unless it may do nothing at all.
    """
    try:
        client = client_of(site)
        return [_capability(client, api) for api in APIS]
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        return [Capability(api, False, False, False, _sentence(refusal)) for api in APIS]
    except jira.Unreachable as unreachable:
        return [Capability(api, None, None, None, _sentence(unreachable)) for api in APIS]


def _capability(client: jira.Client, api: str) -> Capability:
    kind, (first, *others), nothing = _PROBES[api]
    key = (f"{first}-{uuid.uuid4()}", *others)
    read, write = client.ask(client.reading(api, kind, key)), client.ask(client.submission(api, nothing))
    may_read, may_write = _may(read, (200, 404)), _may(write, (200, 202, 400))
    may_delete = False if read.status == write.status == 401 else None
    return Capability(api, may_read, may_write, may_delete, " ".join(_problems(may_read, read, may_write, write)))


def _may(answer: jira.Answer, yes: tuple[int, ...]) -> bool | None:
    if answer.status in yes:
        return True
    return False if answer.status in (401, 403) else None


def _problems(may_read: bool | None, read: jira.Answer, may_write: bool | None, write: jira.Answer) -> Iterator[str]:
    if not may_read:
        yield f"Jira answers {read.status} to reading."
    if not may_write:
        yield f"Jira answers {write.status} to writing."


def _sentence(error: Exception) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
