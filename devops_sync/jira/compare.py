"""Whether what Jira gives back is what was sent.

Jira gives a deployment back as it was submitted, without properties and without commands, and with the
issues that it knows. Only fields that were sent are compared: what the API adds is no difference.
"""

from collections.abc import Collection

import msgspec

from . import wire

_PLAIN = ("state", "display_name", "url", "description", "label", "duration", "last_updated", "pipeline", "environment")
_NAMES = {"display_name": "displayName", "last_updated": "lastUpdated"}


class Older(Exception):
    """Jira still gives an older version: its storing is asynchronous."""


def differences(sent: str, got: bytes, unknown_issues: Collection[str] = ()) -> list[str]:
    """The names of the fields that differ. Raises `Older`, or `msgspec.DecodeError` for what is no deployment."""
    ours = msgspec.json.decode(sent.encode(), type=wire.Deployment)
    theirs = msgspec.json.decode(got, type=wire.Deployment, strict=False)
    if theirs.update_sequence_number < ours.update_sequence_number:
        raise Older
    found = [] if theirs.update_sequence_number == ours.update_sequence_number else ["updateSequenceNumber"]
    for name in _PLAIN:
        mine, its = getattr(ours, name), getattr(theirs, name)
        if mine is not None and msgspec.json.encode(mine) != msgspec.json.encode(its):
            found.append(_NAMES.get(name, name))
    known = set(wire.issues_of("deployment", sent)) - set(unknown_issues)
    if known - _issues(theirs):
        found.append("associations")
    return found


def _issues(value: wire.Deployment) -> set[str]:
    found = set(value.issue_keys or ())
    for association in value.associations or ():
        if association.association_type in ("issueKeys", "issueIdOrKeys"):
            found.update(str(msgspec.json.decode(raw)) for raw in association.values)
    return found
