"""Who may do what, decided in this one place and asked in every view."""

from django.contrib.auth.models import AnonymousUser

from .models import Grant, Site, User
from .models.site import SiteQuerySet

_VIEWER = frozenset({"read"})
_RELEASE_MANAGER = _VIEWER | {"submit", "resend", "verify", "refresh-gate", "try-now", "share-views"}
_AUDITOR = _VIEWER | {"raw", "audit"}
ACTS: dict[str, frozenset[str]] = {
    Grant.Role.VIEWER: _VIEWER,
    Grant.Role.RELEASE_MANAGER: _RELEASE_MANAGER,
    Grant.Role.AUDITOR: _AUDITOR,
    Grant.Role.ADMIN: _RELEASE_MANAGER | _AUDITOR | {"delete", "sites", "tokens", "users"},
}

_IN_EVIDENCE = ("raw", "audit")
# What asks Jira for something, now or later. Of a site that was removed there is only reading.
ON_CONNECTED_SITES = frozenset({"submit", "resend", "verify", "refresh-gate", "try-now", "delete"})


def may(user: User | AnonymousUser, act: str, site: Site | None = None) -> bool:
    """Whether the person may do `act` on the site; without a site: on at least one, or in general."""
    if site is not None and site.is_removed and act in ON_CONNECTED_SITES:
        return False
    return any(
        act in ACTS[grant.role] and (site is None or grant.site_id is None or grant.site_id == site.pk)
        for grant in _grants(user)
    )


def sites(user: User | AnonymousUser, act: str = "read") -> SiteQuerySet:
    """The sites on which the person may do `act`."""
    grants = [grant for grant in _grants(user) if act in ACTS[grant.role]]
    found = Site.objects.connected() if act in ON_CONNECTED_SITES else Site.objects.all()
    if any(grant.site_id is None for grant in grants):
        return found
    return found.filter(pk__in=[grant.site_id for grant in grants])


def may_take_evidence(user: User | AnonymousUser, site: Site | None = None) -> bool:
    """Whether the person may take evidence away, which has raw payloads and the audit log: of the site, or of any."""
    return all(may(user, act, site) for act in _IN_EVIDENCE)


def evidence_sites(user: User | AnonymousUser) -> list[Site]:
    """The sites of which the person may take evidence away."""
    raw, audit = (sites(user, act) for act in _IN_EVIDENCE)
    return list(raw & audit)


def everywhere(user: User | AnonymousUser, act: str) -> bool:
    """Whether the person may do `act` for all sites, and so also for what belongs to none."""
    return any(act in ACTS[grant.role] and grant.site_id is None for grant in _grants(user))


def _grants(user: User | AnonymousUser) -> list[Grant]:
    """The person's grants, read once per request: they hang on the user object."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return []
    return user.read_grants
