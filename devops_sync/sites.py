"""Connecting Jira sites, trying what their credentials may do, and their settings."""

import copy
import datetime as dt
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from . import approvals, audit, vault, wrong
from .delivery.clients import new_client
from .jira import client as jira
from .kinds import APIS
from .models import Lane, Site, User

# A person waits while Jira is asked: for a site's cloud id, and what a credential may do.
PATIENCE_SECONDS = 20.0
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
Wrong = wrong.Wrong
Unusable = wrong.Unusable
# Words that have an address of their own where sites have theirs.
_TAKEN = ("connect",)
_LONGEST_SECRET = 4000
_LONGEST_PROBLEM = 300
_MOST_ONE_IN = 32_767  # What its column can hold.

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

    @property
    def facts(self) -> dict[str, bool | str | None]:
        """As it is kept with the site, and printed."""
        return {"READ": self.read, "WRITE": self.write, "DELETE": self.delete, "problem": self.problem}


class Silent(Wrong):
    """Jira did not answer; it may later."""


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
    if_it_works: bool = False,
) -> Site:
    """Connect a site: its cloud id is asked for. Raises `Wrong`, also when Jira does not answer (`Silent`).

    `allow_private` defaults to what the installation allows. `if_it_works`: the credential is tried first, one that
    Jira refuses is not stored, and what it may do is kept with the site.
    """
    allowed = settings.ALLOW_PRIVATE_UPSTREAM if allow_private is None else allow_private
    url, api_url = url.rstrip("/"), api_url.rstrip("/")
    _check(slug, url, api_url)
    _check_credential(client_id, secret)
    _refuse_taken_name(slug)
    with jira.all_within(PATIENCE_SECONDS):
        tenant = _tenant(url, api_url, allowed)
        _refuse_known(tenant.cloud_id)
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
        if if_it_works:
            _refuse_useless(site, now)
    try:
        with transaction.atomic():
            site.save()
            Lane.objects.bulk_create(Lane(site=site, api=api, priority=Lane.Priority.LIVE) for api in APIS)
            audit.note("site.connected", on=site, after={"url": url, "cloud_id": site.cloud_id, "client_id": client_id})
    except IntegrityError:
        # Somebody else connected it while Jira was asked.
        _refuse_taken_name(slug)
        _refuse_known(tenant.cloud_id)
        raise
    return site


def examine(site: Site, now: dt.datetime) -> list[Capability]:
    """Ask Jira what the site's credential may do, and keep the answer with the site."""
    with jira.all_within(PATIENCE_SECONDS):
        found = capabilities(site)
    _keep(site, found, now)
    # Whoever replaced the credential meanwhile has tried the new one.
    unchanged = Site.objects.filter(pk=site.pk, sealed_secret=site.sealed_secret)
    with transaction.atomic():
        unchanged.update(capabilities=site.capabilities, capabilities_at=site.capabilities_at)
        audit.note("site.tested", on=site, after={one.api: one.problem or "no problem" for one in found})
    return found


def replace_credential(site: Site, client_id: str, secret: str, now: dt.datetime) -> None:
    """Give the site another credential of the same sort, if it works. Raises `Wrong`, and then nothing has changed."""
    _check_credential(client_id, secret)
    tried = copy.copy(site)
    tried.client_id, tried.secret = client_id, secret
    with jira.all_within(PATIENCE_SECONDS):
        _refuse_useless(tried, now)
    for facts in tried.capabilities.values():
        facts["since"] = now.isoformat()
    with transaction.atomic():
        # Who removed the site meanwhile took its secret for good.
        there = Site.objects.connected().select_for_update(no_key=True).filter(pk=site.pk)
        if not there.exists():
            raise Wrong(f"{site.slug} was removed.")
        tried.save(update_fields=["client_id", "sealed_secret", "capabilities", "capabilities_at"])
        before, after = {"client_id": site.client_id}, {"client_id": client_id}
        audit.note("site.credential.replaced", on=site, before=before, after=after)


def change_settings(
    site: Site, sample_one_in: str, superseding: str, approval_above: str, user: User | None, now: dt.datetime
) -> None:
    """Say of how many accepted entries one is read back, when versions are left out, and which deletions need two.

    Above `approval_above` entities a second admin approves a deletion; empty: never. Less of that has to wait, see
    `approvals.change`; `user` is None for a command. Raises `Wrong`.
    """
    is_number = sample_one_in.isascii() and sample_one_in.isdigit() and len(sample_one_in) <= 5
    if not is_number or int(sample_one_in) > _MOST_ONE_IN:
        raise Wrong(f"It must be a whole number from 0 to {_MOST_ONE_IN:,}.", "sample_one_in")
    approval_above = approval_above.replace(",", "")
    if approval_above and not (approval_above.isascii() and approval_above.isdigit() and len(approval_above) <= 9):
        raise Wrong("It must be a whole number from 0 to 999,999,999, or empty for never.", "approval_above")
    if superseding not in Site.Superseding.values:
        raise Wrong(f"Versions can be left out {' or '.join(Site.Superseding.values)}.", "sample_one_in")
    with transaction.atomic():
        held = approvals.hold(site)
        before = _settings(held, now)
        held.sample_one_in, held.superseding = int(sample_one_in), superseding
        held.save(update_fields=["sample_one_in", "superseding"])
        approvals.change(held, int(approval_above) if approval_above else None, user, now)
        if (after := _settings(held, now)) != before:
            audit.note("site.changed", on=held, before=before, after=after)
    site.refresh_from_db()


def _settings(site: Site, now: dt.datetime) -> dict[str, object]:
    return {
        "sample_one_in": site.sample_one_in,
        "superseding": site.superseding,
        "approval_above": site.approves_above(now),
    }


def _check(slug: str, url: str, api_url: str) -> None:
    if not _SLUG.fullmatch(slug):
        sentence = "The site's short name must be made of a to z, 0 to 9 and hyphens, 60 characters at most."
        raise Unusable(sentence, "slug")
    if slug in _TAKEN:
        raise Unusable(f"A site cannot have the short name '{slug}': a page has that address.", "slug")
    for about, address in (("url", url), ("api_url", api_url)):
        if len(address) > 500 or not address.isprintable():
            raise Unusable("The address must have 500 characters at most, and none that cannot be seen.", about)


def _refuse_taken_name(slug: str) -> None:
    if Site.objects.filter(slug=slug).exists():
        raise Wrong(f"A site is named '{slug}' already. Choose another short name.", "slug")


def _refuse_known(cloud_id: str) -> None:
    found = Site.objects.connected().filter(cloud_id=cloud_id).first()
    if found is not None:
        raise Wrong(f"This Jira is connected already, as '{found.slug}': cloud id {cloud_id}, {found.url}.", "url")


def _check_credential(client_id: str, secret: str) -> None:
    for about, text in (("client_id", client_id), ("secret", secret)):
        if not text:
            sentence = "The credential needs a client id, or the key of a Connect app, and a secret."
            raise Unusable(sentence, about)
    if len(client_id) > 255 or not client_id.isprintable():
        sentence = "The client id, or the app's key, must have 255 characters at most, and none that cannot be seen."
        raise Unusable(sentence, "client_id")
    if len(secret) > _LONGEST_SECRET:
        raise Unusable(f"The secret must have {_LONGEST_SECRET:,} characters at most.", "secret")


def _tenant(url: str, api_url: str, allowed: bool) -> jira.Tenant:
    about = "api_url"
    try:
        if api_url:
            jira.check_url(api_url, allow_private=allowed)
        about = "url"
        return jira.tenant(url, allow_private=allowed)
    except (jira.NotAllowed, jira.Denied) as refusal:
        raise Wrong(str(refusal), about) from None
    except jira.Unreachable as unreachable:
        raise Silent(f"{url} does not answer: {unreachable}.", about) from None


def _refuse_useless(site: Site, now: dt.datetime) -> None:
    """Ask what the site's credential may do. Raises `Wrong` where Jira refuses it, or says nothing of any API."""
    found = capabilities(site)
    problem = found[0].problem
    if all(one.delete is False for one in found):
        raise Wrong(problem, "secret")
    if all(one.read is one.write is None for one in found):
        raise Silent(f"The credential could not be tried. {problem}")
    _keep(site, found, now)


def _keep(site: Site, found: list[Capability], now: dt.datetime) -> None:
    # Since when it has this credential stays as it was.
    since = {api: {"since": facts["since"]} for api, facts in site.capabilities.items() if "since" in facts}
    site.capabilities = {one.api: {**one.facts, **since.get(one.api, {})} for one in found}
    site.capabilities_at = now


def capabilities(site: Site) -> list[Capability]:
    """Ask Jira what the site's credential may do with each API. Nothing is stored and nothing deleted.

    Reading is tried with an entity that cannot exist, writing with a submission that holds no entity. Whether it
    may delete cannot be told without deleting, unless it may do nothing at all.
    """
    try:
        client = new_client(site)
        return [_capability(client, api) for api in APIS]
    except (jira.Denied, jira.NotAllowed, vault.CannotOpen) as refusal:
        return [Capability(api, False, False, False, _sentence(refusal)) for api in APIS]


def _capability(client: jira.Client, api: str) -> Capability:
    kind, (first, *others), nothing = _PROBES[api]
    key = (f"{first}-{uuid.uuid4()}", *others)
    try:
        read, write = client.ask(client.reading(api, kind, key)), client.ask(client.submission(api, nothing))
    except jira.Unreachable as unreachable:
        return Capability(api, None, None, None, _sentence(unreachable))
    may_read, may_write = _may(read, (200, 404)), _may(write, (200, 202, 400))
    if read.status == write.status == 401:
        return Capability(api, False, False, False, "Jira refuses the credential with 401.")
    return Capability(api, may_read, may_write, None, " ".join(_problems(may_read, read, may_write, write)))


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
    """What happened, as it can be stored: PostgreSQL takes no U+0000."""
    text = str(error).replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip(".")[:_LONGEST_PROBLEM]
    return f"{text[:1].upper()}{text[1:]}."
