"""Writing an act down: a row of the log, and that it still waits for its place in the chain."""

import datetime as dt
from typing import Any

from django.db.models import Model
from django.utils import timezone

from .. import prepared
from ..models import Site
from . import acting, acts, content

# One statement writes both, wherever it is put. It waits for nobody: places in the chain are given later.
PARTS = """
noted AS (
    INSERT INTO audit_row (
        at, act, actor_kind, actor, user_id, token_id, remote_address, site_id, site,
        subject_kind, subject_id, subject, before, after
    ) VALUES (
        %(note_at)s, %(note_act)s, %(note_actor_kind)s, %(note_actor)s, %(note_user)s, %(note_token)s,
        %(note_remote_address)s, %(note_site_id)s, %(note_site)s,
        %(note_subject_kind)s, %(note_subject_id)s, %(note_subject)s, %(note_before)s, %(note_after)s
    ) RETURNING id
)"""
_ALONE = f"WITH {PARTS} INSERT INTO audit_pending (row_id) SELECT id FROM noted"  # noqa: S608 (constant)
WITH_PENDING = f"{PARTS}, to_be_chained AS (INSERT INTO audit_pending (row_id) SELECT id FROM noted)"  # noqa: S608 (constant)

# The log itself, as what something is done on.
LOG = ("audit", "", "audit log")
Subject = Model | tuple[str, object, str]


def note(act: str, on: Subject, site: Site | None = None, before: Any = None, after: Any = None) -> None:
    """Note that whoever acts now did `act` on something, in the transaction of the act.

    `on` is the row that it was done on, or its kind, id and name. Without `site` it is the one that the row belongs
    to. Raises `acts.Unknown` for an act that is not in the table, `TypeError` for what cannot be kept as JSON.
    """
    prepared.run(_ALONE, columns(act, on, site, before, after, by=acting.current(), at=timezone.now()))


def columns(
    act: str,
    on: Subject,
    site: Site | None = None,
    before: Any = None,
    after: Any = None,
    *,
    by: acting.Actor,
    at: dt.datetime,
) -> dict[str, Any]:
    """The values that the statement needs. Raises as `note` does."""
    acts.find(act)
    kind, number, name = subject_of(on)
    of = site or _site_of(on)
    return {
        **of_actor(by),
        "note_at": at,
        "note_act": act,
        "note_site_id": of.pk if of else None,
        "note_site": of.slug if of else "",
        "note_subject_kind": kind,
        "note_subject_id": content.line(number, 200),
        "note_subject": content.line(name, 300),
        "note_before": content.as_json(before),
        "note_after": content.as_json(after),
    }


def subject_of(on: Subject) -> tuple[str, object, str]:
    """What something is called in the log: its kind, its number, its name."""
    return (on._meta.model_name or "", on.pk, str(on)) if isinstance(on, Model) else on


def of_actor(by: acting.Actor) -> dict[str, Any]:
    """The columns that say who acted, and from where."""
    return {
        "note_actor_kind": by.kind,
        "note_actor": content.line(by.name, 200),
        "note_user": by.user_id,
        "note_token": by.token_id,
        "note_remote_address": content.line(by.remote_address, 100),
    }


def _site_of(on: Subject) -> Site | None:
    """The site itself, or the one that a row belongs to."""
    found = on if isinstance(on, Site) else getattr(on, "site", None)
    return found if isinstance(found, Site) else None
