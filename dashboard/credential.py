"""A site's credential as the pages tell it: what it may do, and the fields that it is given in."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devops_sync.kinds import APIS
from devops_sync.models import Deletion, Gate, Site

from .fields import Field

LOOKED_AT = 100
SCOPES = ("READ", "WRITE", "DELETE")
WORDS = {"deployments": "Deployments", "builds": "Builds", "devinfo": "Development information"}
# The icon's state and the word for: it may, it may not, nobody knows.
_MAY = {True: ("successful", "Yes"), False: ("failed", "No"), None: ("unknown", "Not known")}
_NEVER_ASKED = ("not_read", "Not asked")


@dataclass(frozen=True)
class Use:
    """One row: what may be done with an API, by the scopes that have something to do there, and why not."""

    word: str
    scopes: list[tuple[str, str] | None]
    note: str
    at: dt.datetime | None = None


def uses(site: Site) -> list[Use]:
    """What Jira let the credential do when it was last asked, each API in its row, and the status of gates."""
    return [*_apis(site), _gating(site)]


def _apis(site: Site) -> Iterator[Use]:
    for api in APIS:
        found: dict[str, Any] = site.capabilities.get(api, {})
        scopes = [_MAY[found[scope]] if scope in found else _NEVER_ASKED for scope in SCOPES]
        taken_at = None if found.get("DELETE") is False else _deletion_taken_at(site, api, found.get("since"))
        if taken_at:
            scopes[-1] = _MAY[True]
        notes = [found.get("problem", ""), "It took a deletion" if taken_at else ""]
        yield Use(WORDS[api], list(scopes), " ".join(filter(None, notes)), taken_at)


def _deletion_taken_at(site: Site, api: str, since: str | None) -> dt.datetime | None:
    """When Jira last took a deletion with the credential that the site has now, of the latest that there were."""
    latest = Deletion.objects.filter(site=site, api=api).newest_first()
    start = dt.datetime.fromisoformat(since) if since else site.created_at
    for outcome, at in latest.values_list("outcome", "outcome_at")[:LOOKED_AT]:
        if outcome == Deletion.Outcome.ACCEPTED and at is not None and at >= start:
            return at
    return None


def _gating(site: Site) -> Use:
    """What the latest answer about a gate showed. Nothing is asked for it: a gate has to be there to ask for."""
    gate = Gate.objects.filter(site=site, read_at__isnull=False).order_by("-pk").first()
    if gate is not None and gate.stop == Gate.Stop.NOT_AVAILABLE:
        return Use("Gating status", [_MAY[False], None, None], "Not available with this credential.", gate.read_at)
    if gate is not None and gate.status:
        return Use("Gating status", [_MAY[True], None, None], "", gate.read_at)
    return Use("Gating status", [_MAY[None], None, None], "It shows with the first deployment that asks for a gate.")


def fields(*, is_app: bool | None, client_id: str = "", about: str = "", problem: str = "") -> list[Field]:
    """The id and the secret. `is_app`: whether a Connect app is meant, None while that is still to be chosen."""
    labels = {
        None: [("Client id", "Key of the Connect app"), ("Client secret", "Shared secret of the Connect app")],
        False: [("Client id", ""), ("Client secret", "")],
        True: [("Key of the Connect app", ""), ("Shared secret of the Connect app", "")],
    }[is_app]
    (id_label, id_for_app), (secret_label, secret_for_app) = labels
    return [
        Field(
            "client_id",
            id_label,
            for_app=id_for_app,
            value=client_id,
            problem=problem if about == "client_id" else "",
            has_focus=about == "client_id",
        ),
        Field(
            "secret",
            secret_label,
            "It is stored encrypted, sent to Jira and to nobody else, and never shown again.",
            for_app=secret_for_app,
            type="password",
            most=4000,
            problem=problem if about == "secret" else "",
            has_focus=about == "secret",
        ),
    ]
