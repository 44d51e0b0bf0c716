"""From how many entities on a second admin approves a deletion of a site, and how that is changed.

To ask for more approval holds at once. To ask for less holds a day later, or when another admin agrees: else whoever
may change it could undo the second pair of eyes alone, and unseen. What holds at a time says `Site.approves_above`.
"""

import datetime as dt

from django.db import transaction

from . import audit
from .models import Site, User
from .people import settled
from .wrong import Wrong

LOOSENS_AFTER = dt.timedelta(days=1)
_COLUMNS = ["approval_above", "loosens_at", "loosens_to", "loosened_by"]


def hold(site: Site) -> Site:
    """The site as it is now, held until the transaction ends, so that what holds does not change meanwhile."""
    return Site.objects.select_for_update(no_key=True).get(pk=site.pk)


def change(held: Site, above: int | None, user: User | None, now: dt.datetime) -> None:
    """Change from how many entities on it takes two, on a site that is held; None: never. `user` is None for a command.

    Less approval waits, unless a command asks for it. What waits already goes on waiting, unless this replaces it.
    """
    holds = held.approves_above(now)
    if above == holds or (held.is_loosening(now) and above == held.loosens_to):
        return
    if user is not None and is_looser(above, holds):
        held.approval_above, held.loosens_to = holds, above
        held.loosens_at, held.loosened_by = now + LOOSENS_AFTER, user
        before, after = _said(holds), {**_said(above), "holds_from": held.loosens_at}
        audit.note("site.approval.loosening", on=held, before=before, after=after)
    else:
        _let_hold(held, above)
    held.save(update_fields=_COLUMNS)


@transaction.atomic
def agree(site: Site, user: User, seen: str, now: dt.datetime) -> None:
    """Let what was asked for hold now. Raises `Wrong`: nobody agrees to their own.

    `seen` is what the person agrees to, as `seen_as` writes it.
    """
    held = _loosening(site, now)
    if seen != seen_as(held):
        raise Wrong("Something else was asked for meanwhile. Look at it again.")
    if held.loosened_by_id == user.pk:
        raise Wrong("Nobody agrees to what they asked for: another admin has to.")
    for person in (user, held.loosened_by):
        if sentence := settled.problem(person, held, now):
            raise Wrong(sentence)
    before = _said(held.approval_above)
    _let_hold(held, held.loosens_to)
    held.save(update_fields=_COLUMNS)
    audit.note("site.approval.agreed", on=held, before=before, after=_said(held.approval_above))


@transaction.atomic
def keep(site: Site, now: dt.datetime) -> None:
    """Let what holds stay, and forget what was asked for. Raises `Wrong`."""
    held = _loosening(site, now)
    before = _said(held.loosens_to)
    _let_hold(held, held.approval_above)
    held.save(update_fields=_COLUMNS)
    audit.note("site.approval.kept", on=held, before=before, after=_said(held.approval_above))


def is_looser(above: int | None, than: int | None) -> bool:
    """Whether fewer deletions take two."""
    return than is not None and (above is None or above > than)


def seen_as(site: Site) -> str:
    """What waits, for a form to bring back: the number, or never, and since when."""
    number = "never" if site.loosens_to is None else site.loosens_to
    return f"{number} {site.loosens_at.isoformat() if site.loosens_at else ''}"


def _loosening(site: Site, now: dt.datetime) -> Site:
    held = hold(site)
    if held.is_removed or not held.is_loosening(now):
        raise Wrong("Nobody asks for less approval any more.")
    return held


def _let_hold(held: Site, above: int | None) -> None:
    held.approval_above, held.loosens_at, held.loosens_to, held.loosened_by = above, None, None, None


def _said(above: int | None) -> dict[str, object]:
    return {"approval_above": "never" if above is None else above}
