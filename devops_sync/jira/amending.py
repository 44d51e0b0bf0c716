"""Amending what Jira rejected: other issue keys, another environment type, and all else as it came."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

ENVIRONMENT_TYPES = ("development", "testing", "staging", "production", "unmapped")
_ISSUES = ("issueKeys", "issueIdOrKeys")
_KEY = re.compile(r"[^\W\d_]\w{0,254}-\d{1,255}")
_PROJECT = re.compile(r"[^\W\d_]\w{0,254}-?")


class NotReadable(ValueError):
    """The payload is not what entities of its kind look like."""


class Wrong(ValueError):
    """What is to be changed cannot be told from what was given; the text is the sentence that says why."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Changes:
    """What to change: in issue keys `find` with `put`, each a project's prefix or both a whole key; and the
    environment's type. Without any the payload is sent again as it was."""

    find: str = ""
    put: str = ""
    environment_type: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.find or self.environment_type)

    def check(self) -> None:
        """Raise `Wrong` for what cannot be meant."""
        if self.environment_type and self.environment_type not in ENVIRONMENT_TYPES:
            known = ", ".join(ENVIRONMENT_TYPES)
            raise Wrong("environment_type", f"There is no environment type “{self.environment_type}”, only {known}.")
        if self.put and not self.find:
            raise Wrong("find", "Say what is to be replaced: a project's prefix such as SHPO-, or a key.")
        if not self.find:
            return
        for name, text in (("find", self.find), ("with", self.put)):
            if not (_KEY.fullmatch(text) or _PROJECT.fullmatch(text)):
                raise Wrong(name, "It has to be a project's prefix such as SHOP-, or an issue key such as SHOP-12.")
        if bool(_KEY.fullmatch(self.find)) != bool(_KEY.fullmatch(self.put)):
            raise Wrong("with", "Replace a prefix with a prefix, or a whole key with a whole key.")
        if self.find.rstrip("-").upper() == self.put.rstrip("-").upper():
            raise Wrong("with", "That is what it says already.")

    def of_key(self, key: str) -> str:
        """An issue key as it is to be."""
        if not self.find:
            return key
        if _KEY.fullmatch(self.find):
            return self.put if key.upper() == self.find.upper() else key
        project, hyphen, number = key.rpartition("-")
        same = bool(hyphen) and project.upper() == self.find.rstrip("-").upper()
        return f"{self.put.rstrip('-')}-{number}" if same else key


def amended(kind: str, payload: str, changes: Changes) -> str:
    """The payload with the changes, and otherwise as it came; the same text when nothing is to be changed.

    Raises `NotReadable`.
    """
    try:
        return _amended(kind, payload, changes)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotReadable(str(error)) from None


def _amended(kind: str, payload: str, changes: Changes) -> str:
    fields = msgspec.json.decode(payload.encode(), type=dict[str, Raw])
    changed = _with_issues(fields, changes)
    if "lastCommit" in fields and kind == "branch":
        commit = msgspec.json.decode(fields["lastCommit"], type=dict[str, Raw])
        changed |= _replace(fields, "lastCommit", commit) if _with_issues(commit, changes) else False
    if changes.environment_type and kind == "deployment" and "environment" in fields:
        environment = msgspec.json.decode(fields["environment"], type=dict[str, Raw])
        if _replace(environment, "type", changes.environment_type):
            changed |= _replace(fields, "environment", environment)
    return msgspec.json.encode(fields).decode() if changed else payload


def _with_issues(fields: dict[str, Raw], changes: Changes) -> bool:
    """Put the keys that are to be into an entity's fields. Returns whether that changed any."""
    changed = False
    if "issueKeys" in fields:
        found = msgspec.json.decode(fields["issueKeys"], type=list[Raw] | None) or []
        put = _values(found, changes)
        changed |= put is not None and _replace(fields, "issueKeys", put)
    if "associations" in fields:
        associations = msgspec.json.decode(fields["associations"], type=list[dict[str, Raw]] | None) or []
        touched = False
        for association in associations:
            if msgspec.json.decode(association.get("associationType", Raw(b"null"))) in _ISSUES:
                put = _values(msgspec.json.decode(association.get("values", Raw(b"[]")), type=list[Raw]), changes)
                touched |= put is not None and _replace(association, "values", put)
        changed |= touched and _replace(fields, "associations", associations)
    return changed


def _values(raws: list[Raw], changes: Changes) -> list[Raw] | None:
    """The values with the keys that are to be, each once; None when that changes nothing."""
    put = []
    for raw in raws:
        value = msgspec.json.decode(raw)
        key = changes.of_key(value) if isinstance(value, str) else value
        put.append(raw if key == value else Raw(msgspec.json.encode(key)))
    if [bytes(raw) for raw in put] == [bytes(raw) for raw in raws]:
        return None
    return list({bytes(raw): raw for raw in put}.values())


def _replace(fields: dict[str, Raw], name: str, value: Any) -> bool:
    """Set a field. Returns whether it was another."""
    before, after = fields.get(name), msgspec.json.encode(value)
    fields[name] = Raw(after)
    return before is None or bytes(before) != after
