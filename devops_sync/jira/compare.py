"""Whether what Jira gives back is what was sent.

Jira gives an entity back as it was submitted, without properties and without commands, and with the issues
that it knows. Only fields that were sent are compared: what the API adds is no difference.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import Raw, Struct

from . import keys, wire

# "The most recent 400 development information entities" is all that a repository gives back.
MOST_OF_A_REPOSITORY = 400
_NOT_COMPARED = {
    "issue_keys",
    "associations",
    "commands",
    "schema_version",
    "update_sequence_number",
    "update_sequence_id",
}


class Older(Exception):
    """Jira still gives an older version: its storing is asynchronous."""


class NotThere(Exception):
    """Jira gives the repository, and the entity is not in it."""


class CannotTell(Exception):
    """What Jira gives back does not say whether the entity is there; the text says why."""


def own_part(kind: str, key: str, got: bytes) -> bytes:
    """What an answer gives of one entity: all of it, or the entity's part of its repository.

    Raises `NotThere`, `CannotTell`, or `msgspec.DecodeError` for what is no repository.
    """
    return got if kind in ("deployment", "build", "repository") else _in_repository(kind, str(keys.parts(key)[1]), got)


def differences(kind: str, sent: str, got: bytes, unknown_issues: Collection[str] = ()) -> list[str]:
    """The names of the fields in which what Jira gives of an entity differs from what was sent.

    Raises `Older`, or `msgspec.DecodeError` for what is no such entity.
    """
    model, sequence = wire.KINDS[kind].model, wire.KINDS[kind].sequence
    ours: Any = msgspec.json.decode(sent.encode(), type=model)
    theirs: Any = msgspec.json.decode(got, type=model, strict=False)
    if getattr(theirs, sequence) < getattr(ours, sequence):
        raise Older
    names = dict(zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True))
    found = [] if getattr(theirs, sequence) == getattr(ours, sequence) else [names[sequence]]
    for field, name in names.items():
        mine, its = getattr(ours, field), getattr(theirs, field)
        if field not in _NOT_COMPARED and mine is not None and not _same(mine, its):
            found.append(name)
    if kind != "repository" and _issues(ours) - set(unknown_issues) - _issues(theirs):
        found.append("associations")
    return found


class _Named(Struct):
    id: Any = None


def _in_repository(kind: str, ident: str, got: bytes) -> bytes:
    """The entity with this id in what Jira gives back of its repository."""
    repository = msgspec.json.decode(got, type=dict[str, Raw])
    count = 0
    for other in wire.ARRAYS:
        raws = msgspec.json.decode(repository.get(wire.ARRAYS[other], Raw(b"[]")), type=list[Raw])
        count += len(raws)
        for raw in raws if other == kind else ():
            if str(msgspec.json.decode(raw, type=_Named).id) == ident:
                return bytes(raw)
    if count >= MOST_OF_A_REPOSITORY:
        raise CannotTell(f"It cannot be told: Jira gives back only the latest {MOST_OF_A_REPOSITORY} of a repository.")
    raise NotThere


def _same(mine: Any, its: Any) -> bool:
    """Whether two values mean the same: instants as instants, ids as texts, objects field by field."""
    if isinstance(mine, Struct) and isinstance(its, Struct):
        return all(_same(getattr(mine, name), getattr(its, name)) for name in mine.__struct_fields__)
    if isinstance(mine, list) and isinstance(its, list):
        return len(mine) == len(its) and all(map(_same, mine, its))
    if isinstance(mine, str | int) and isinstance(its, str | int):
        return str(mine) == str(its)
    return bool(mine == its)


def _issues(value: Any) -> set[str]:
    found = set(value.issue_keys or ())
    for association in value.associations or ():
        if association.association_type in ("issueKeys", "issueIdOrKeys"):
            found.update(str(msgspec.json.decode(raw)) for raw in association.values)
    return found
