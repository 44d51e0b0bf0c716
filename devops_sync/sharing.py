"""Saved views: keeping one, and deleting it. What is shared changes what others see, so that is noted."""

from typing import Any

from django.db import transaction

from . import audit
from .models import SavedView, User


@transaction.atomic
def keep(user: User, of: str, name: str, **facts: Any) -> SavedView:
    """Save a list's filters under a name, with the columns of `facts`. One of the same name is replaced."""
    was = SavedView.objects.filter(user=user, list=of, name=name).first()
    made = SavedView.objects.keep(user, of, name, **facts)
    if made.is_shared:
        audit.note("view.shared", on=made, before=_said(was), after=_said(made))
    elif was is not None and was.is_shared:
        audit.note("view.taken_back", on=made, site=was.site, before=_said(was))
    return made


@transaction.atomic
def delete(view: SavedView) -> None:
    """Delete it; of one that was shared that is noted."""
    if view.is_shared:
        audit.note("view.taken_back", on=view, before=_said(view))
    view.delete()


def _said(view: SavedView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {"list": view.list, "query": view.query, "with": view.site.slug if view.site else "everybody"}
