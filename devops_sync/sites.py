"""Connecting Jira sites, and giving credentials to those who send."""

import datetime as dt
import re

from django.conf import settings
from django.db import IntegrityError, transaction

from .jira import client as jira
from .kinds import APIS
from .models import Grant, Lane, Site, Token, User

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


class Wrong(Exception):
    """What was asked for cannot be set up; the text is the sentence that says why."""


def connect(
    slug: str,
    url: str,
    client_id: str,
    secret: str,
    now: dt.datetime,
    *,
    api_url: str = "",
    allow_private: bool | None = None,
) -> Site:
    """Connect a site: its cloud id is asked for. Raises `Wrong`, or `jira.Unreachable` when it does not answer.

    `allow_private` defaults to what the installation allows.
    """
    allowed = settings.ALLOW_PRIVATE_UPSTREAM if allow_private is None else allow_private
    if not _SLUG.fullmatch(slug):
        raise Wrong("The site's short name must be made of a to z, 0 to 9 and hyphens, 60 characters at most.")
    if not client_id or not secret:
        raise Wrong("The credential needs a client id and a secret.")
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
        raise Wrong(f"The scopes must be some of {', '.join(Token.SCOPES)}, separated by commas.")
    if not name.strip() or len(name) > 100:
        raise Wrong("The token needs a name of at most 100 characters.")
    try:
        with transaction.atomic():
            return Token.create(name, site, sorted(set(scopes), key=Token.SCOPES.index), now, expires_at)
    except IntegrityError:
        raise Wrong(f"The site '{site.slug}' has a token with the name '{name}' already.") from None


def create_user(name: str, role: str, password: str) -> User:
    """Make a person with one role for all sites. Raises `Wrong`."""
    if role not in Grant.Role.values:
        raise Wrong(f"The role must be one of {', '.join(Grant.Role.values)}.")
    if not name or len(name) > 150:
        raise Wrong("The user needs a name of at most 150 characters.")
    try:
        with transaction.atomic():
            user = User.objects.create_user(name, password=password)
            Grant.objects.create(user=user, role=role)
    except IntegrityError:
        raise Wrong(f"There is a user with the name '{name}' already.") from None
    return user
