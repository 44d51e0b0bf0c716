"""Whom the OpenID provider's word lets in, and with which roles.

A person is their issuer and subject alone; an account with the same name or e-mail address is never theirs for that.
"""

import hashlib
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from devops_sync.environment import OpenID
from devops_sync.models import Site, User
from devops_sync.wrong import Wrong

from . import giving, sessions


class Refused(Wrong):
    """Nobody is signed in; the sentence says why. `was_asked`: the browser had been sent to the provider before."""

    def __init__(self, sentence: str, *, was_asked: bool = True) -> None:
        super().__init__(sentence)
        self.was_asked = was_asked


@dataclass(frozen=True)
class Proved:
    """Who the provider says somebody is, and where they wanted to go."""

    user: User | None
    subject: str
    name: str
    groups: frozenset[str]
    next: str


def admit(proved: Proved) -> User:
    """The person, made where they are new, with the roles that their groups give now. Raises `Refused`."""
    given = _roles(proved.groups)
    user = proved.user
    if user is not None and not user.is_active:
        raise Refused("Your account here is deactivated. An admin can activate it.")
    if not given:
        if user is not None:
            giving.replace_groups(user, set())
            sessions.end_all(user)
        raise Refused("None of the groups that the provider says you are in has a role here. An admin can change that.")
    try:
        with transaction.atomic():
            user = user or _make(proved)
            giving.replace_groups(user, given)
    except IntegrityError:
        # Two browsers of one person, both for the first time.
        raise Refused("You signed in from another browser in the same moment. Please try once more.") from None
    return user


def _make(proved: Proved) -> User:
    """A new person, never one that is there already: by a name of their own where somebody else has the name."""
    digest = hashlib.sha256(f"{provider().issuer} {proved.subject}".encode()).hexdigest()[:8]
    is_taken = not proved.name or User.objects.filter(username=proved.name).exists()
    try:
        user = giving.make(f"{proved.name[:100] or 'person'}-{digest}" if is_taken else proved.name, [], None)
    except Wrong:
        user = giving.make(f"person-{digest}", [], None)
    SocialAccount.objects.create(user=user, provider=provider().issuer, uid=proved.subject)
    return user


def _roles(groups: frozenset[str]) -> set[tuple[str, int | None]]:
    """What the groups give, by role and site. A site that is not connected gives nothing."""
    mapped = [one for one in provider().groups if one.group in groups]
    sites = dict(Site.objects.filter(slug__in=[one.site_slug for one in mapped]).values_list("slug", "pk"))
    return {(one.role, sites.get(one.site_slug)) for one in mapped if not one.site_slug or one.site_slug in sites}


def provider() -> OpenID:
    """What is set of the provider; asked only where there is one."""
    assert settings.OPENID is not None
    found: OpenID = settings.OPENID
    return found
