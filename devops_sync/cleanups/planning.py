"""Planning a clean-up: what it is about is written down with its preview, and nothing is deleted yet."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count

from ..cleaning import matching, noting
from ..cleaning.matching import Criteria, Pairs
from ..jira import keys
from ..kinds import APIS, KINDS, of_api
from ..models import Cleanup, CleanupPart, CleanupRule, Lane, Site, Token, User
from ..models.cleanup import said
from . import preview
from .steering import Wrong


@dataclass(frozen=True)
class Asker:
    """Who asks for a clean-up, and from where."""

    origin: Cleanup.Origin
    user: User | None = None
    token: Token | None = None
    remote_address: str | None = None
    rule: CleanupRule | None = None

    @property
    def name(self) -> str:
        """As the history says it."""
        if self.token is not None:
            return self.token.name
        if self.user is not None:
            return self.user.get_username()
        return f"the rule “{self.rule}”" if self.rule else "command line"


def fault_of_key(key: str) -> str:
    """Why no entity can have a property of this name, in a sentence; empty where one can.

    Jira reads what begins with an underscore as an instruction, which no preview
    could show: `_updateSequenceId` is one.
    """
    if key.startswith("_") or ":" in key or not 1 <= len(key) <= 255:
        return (
            f"No entity can have the property “{key[:80]}”: Jira takes no key with an underscore in front or a colon."
        )
    return ""


def plan_by_properties(
    site: Site,
    apis: Sequence[str],
    pairs: Pairs,
    asker: Asker,
    now: dt.datetime,
    until: int | None = None,
    *,
    begins: bool = False,
) -> Cleanup:
    """Look what has all of these properties in these APIs, and keep it as a clean-up that nobody has confirmed.

    One that `begins` needs no confirmation: a client asked for it, and Jira will judge its query. Else raises `Wrong`
    for what Jira could not take as properties.
    """
    if not begins:
        _judge(pairs)
    criteria = Criteria(site.pk, tuple(api for api in APIS if api in apis), pairs, until)
    seen_to = matching.newest_number(_live_lanes(site, criteria.apis))
    seen = preview.by_properties(criteria)
    what = " and ".join(f"{key} = {value}" for key, value in pairs.items())
    with transaction.atomic():
        begun = {"state": Cleanup.State.RUNNING, "started_at": now} if begins else {}
        of_properties = {"properties": dict(pairs), "until_sequence": until, **begun}
        cleanup = _keep(site, list(criteria.apis), asker, now, what, seen, seen_to, **of_properties)
        CleanupPart.objects.bulk_create(
            CleanupPart(
                cleanup=cleanup,
                position=position,
                api=api,
                total=sum(seen["kinds"][kind.name]["in_jira"] for kind in criteria.of_api(api).kinds),
            )
            for position, api in enumerate(criteria.apis)
        )
    return cleanup


def plan_by_keys(
    site: Site, chosen: Sequence[tuple[str, str]], what: str, asker: Asker, now: dt.datetime, person: str = ""
) -> Cleanup:
    """Look at entities by kind and key (the key's text), and keep it as a clean-up that nobody has confirmed."""
    chosen = list(dict.fromkeys(chosen))
    apis = [api for api in APIS if any(KINDS[kind].api == api for kind, _ in chosen)]
    seen_to = matching.newest_number(_live_lanes(site, apis))
    seen = preview.by_keys(site.pk, chosen)
    if asker.rule is None:
        seen["within"] = _within(site, [key for kind, key in chosen if kind == "repository"])
    with transaction.atomic():
        cleanup = _keep(site, apis, asker, now, what, seen, seen_to, person=person)
        CleanupPart.objects.bulk_create(
            (
                CleanupPart(cleanup=cleanup, position=position, api=KINDS[kind].api, kind=kind, key=key, total=1)
                for position, (kind, key) in enumerate(chosen)
            ),
            batch_size=5000,
        )
    return cleanup


def _within(site: Site, homes: Sequence[str]) -> dict[str, int]:
    """How many entities go with each of these repositories, itself included, by its key: no more may in the end."""
    found = dict.fromkeys(homes, 0)
    names = [keys.parts(home)[0] for home in homes]
    for kind in of_api("devinfo") if homes else ():
        alive: Any = kind.model._default_manager.filter(site=site, deleted_at=None)
        rows = alive.filter(repository_id__in=names)
        for name, many in rows.order_by().values_list("repository_id").annotate(Count("pk")):
            found[keys.text(name)] += many
    return found


def again(cleanup: Cleanup, asker: Asker, now: dt.datetime) -> Cleanup:
    """The same once more, with a preview of now: for one that stopped, or was previewed long ago."""
    if cleanup.properties is not None:
        return plan_by_properties(cleanup.site, cleanup.apis, cleanup.properties, asker, now, cleanup.until_sequence)
    chosen = list(cleanup.parts.order_by("position").values_list("kind", "key"))
    return plan_by_keys(cleanup.site, chosen, cleanup.what, asker, now, cleanup.person)


def _judge(pairs: Pairs) -> None:
    if not pairs:
        raise Wrong("Give at least one property.", "property")
    if len(pairs) > 5:
        raise Wrong("No entity has more than five properties, so these match nothing.", "property")
    for fault in filter(None, map(fault_of_key, pairs)):
        raise Wrong(fault, "property")


def _live_lanes(site: Site, apis: Sequence[str]) -> list[int]:
    return [Lane.objects.get_or_create(site=site, api=api, priority=Lane.Priority.LIVE)[0].pk for api in sorted(apis)]


def _keep(
    site: Site,
    apis: list[str],
    asker: Asker,
    now: dt.datetime,
    what: str,
    seen: dict[str, Any],
    seen_to: int,
    **more: Any,
) -> Cleanup:
    cleanup = Cleanup.objects.create(
        site=site,
        origin=asker.origin,
        user=asker.user,
        token=asker.token,
        remote_address=asker.remote_address,
        rule=asker.rule,
        asked_at=now,
        previewed_at=now,
        what=what[:1000],
        apis=apis,
        seen_to=seen_to,
        preview=seen,
        total=seen["total"],
        fingerprint=seen["fingerprint"],
        history=[said(now, asker.name, "asked for it and saw the preview")],
        **more,
    )
    act = "previewed" if cleanup.state == Cleanup.State.PREVIEWED else "asked"
    noting.note(
        act,
        cleanup,
        what=noting.words(cleanup, cleanup.what),
        apis=apis,
        entities=cleanup.total,
        fingerprint=cleanup.fingerprint,
        until_sequence=cleanup.until_sequence,
        rule=asker.rule,
    )
    return cleanup
