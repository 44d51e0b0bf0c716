"""What entities are associated with: issues above all, and services, commits, repositories."""

import re

import msgspec
from msgspec import Raw, Struct

from .reading import Fault, Malformed, Named

MAX_VALUES = 500
_ISSUE_KEY = re.compile(r"\w{1,255}-\d{1,255}")
_ISSUE_ID_OR_KEY = re.compile(r"\w{1,255}-\d{1,255}|\d{1,255}")


class Association(Struct, rename="camel"):
    association_type: str
    values: list[Raw]


def named(issue_keys: list[str] | None, associations: list[Association] | None, *, most: int = 3) -> Named:
    """What an entity names. Raises `Fault` for the entity, or `Malformed` where Jira refuses the request.

    Atlassian's reference: one of the two is required, at most 500 values over all types.
    """
    if not issue_keys and not associations:
        raise Fault("'associations' or 'issueKeys' is required")
    found = associations or []
    if len(found) > most:
        raise Fault(f"'associations' can have a maximum of {most} elements")
    if any(not association.values for association in found):
        raise Malformed("Associations must provide at least one value.")
    count = sum(len(association.values) for association in found)
    if count > MAX_VALUES:
        raise Malformed(
            "Sum of Association values across all association types can have a maximum of"
            f" {MAX_VALUES} elements. Found {count}."
        )
    issues = list(issue_keys or ())
    if len(issues) > MAX_VALUES:
        raise Fault(f"'issueKeys' can have a maximum of {MAX_VALUES} elements")
    for position, key in enumerate(issues):
        if not _ISSUE_KEY.fullmatch(key):
            raise Fault(f"'issueKeys[{position}]' must be an issue key such as ABC-123")
    others: list[tuple[str, str]] = []
    for position, association in enumerate(found):
        _read(association, f"associations[{position}]", issues, others)
    return Named(tuple(dict.fromkeys(issues)), tuple(dict.fromkeys(others)))


def _read(association: Association, place: str, issues: list[str], others: list[tuple[str, str]]) -> None:
    kind = association.association_type
    for index, raw in enumerate(association.values):
        where = f"{place}.values[{index}]"
        if kind in ("issueKeys", "issueIdOrKeys"):
            text = _id_text(raw, where, 511)  # 255 characters, a hyphen and 255 digits
            pattern = _ISSUE_KEY if kind == "issueKeys" else _ISSUE_ID_OR_KEY
            if not pattern.fullmatch(text):
                raise Fault(f"'{where}' must be an issue key such as ABC-123")
            issues.append(text)
        elif kind == "serviceIdOrKeys" or kind.startswith("ati:"):
            others.append((kind, _id_text(raw, where, 255)))
        elif kind in ("commit", "repository"):
            needed = ("commitHash", "repositoryId") if kind == "commit" else ("repositoryId",)
            others.append((kind, _reference(raw, where, needed)))
        else:
            raise Fault(f"'{place}.associationType' must be a type that Jira knows, such as issueIdOrKeys")


def _id_text(raw: Raw, where: str, longest: int) -> str:
    try:
        value = msgspec.json.decode(raw, type=str | int)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Fault(f"'{where}' must be a text") from None
    if len(str(value)) > longest:
        raise Fault(f"'{where}' can have a maximum of {longest} characters")
    return str(value)


def _reference(raw: Raw, where: str, needed: tuple[str, ...]) -> str:
    try:
        found = msgspec.json.decode(raw, type=dict[str, Raw])
        texts = {name: str(msgspec.json.decode(found[name], type=str | int)) for name in needed}
    except KeyError as missing:
        raise Fault(f"'{where}.{missing.args[0]}' is required") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Fault(f"'{where}' must be an object with {' and '.join(needed)}") from None
    for name, text in texts.items():
        if len(text) > 255:
            raise Fault(f"'{where}.{name}' can have a maximum of 255 characters")
    return msgspec.json.encode(texts).decode()
