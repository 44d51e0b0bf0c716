"""What Jira accepts: a request body is read here, at our own door as well as in the sandbox.

Jira refuses some faults with the whole request (`Malformed`, a 400) and others with the one entity
that has them (`Item.fault`, inside a 202). Each fault is one sentence that names the field. The raw
JSON of every entity is kept as it came, unknown fields included, since the API grows.

Limits and wording: Atlassian's reference of the deployments API and what clients in the field report;
`docs/contract.md` lists each with its source.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Raw, Struct

INT64 = Meta(ge=-(2**63), le=2**63 - 1)
MAX_PROPERTIES = 5
MAX_ASSOCIATION_VALUES = 500

# U+0000 and astral characters, raw or escaped: Jira refuses the whole body because of one of them.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
_ILLEGAL_ESCAPE = re.compile(
    r"(?<!\\)(?:\\\\)*\\u(00(?:0[0-8bcBCefEF]|1[0-9a-fA-F])|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF])"
)
_ISSUE_KEY = re.compile(r"\w{1,255}-\d{1,255}")
_ISSUE_ID_OR_KEY = re.compile(r"\w{1,255}-\d{1,255}|\d{1,255}")

Ident = Annotated[str, Meta(min_length=1, max_length=255)] | int
Text255 = Annotated[str, Meta(max_length=255)]
Url = Annotated[str, Meta(max_length=2000)]
Int64 = Annotated[int, INT64]
Instant = Annotated[datetime, Meta(tz=True)]


class Malformed(Exception):
    """The request as a whole is refused with `status`; the text is the sentence that says why."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.message = message
        self.status = status


class Fault(Exception):
    """One entity is refused; the text is the sentence that says why and names the field."""


class Association(Struct, rename="camel"):
    association_type: str
    values: list[Raw]


class Pipeline(Struct, rename="camel"):
    id: Ident
    display_name: Text255
    url: Url


class Environment(Struct, rename="camel"):
    id: Ident
    display_name: Text255
    type: Literal["unmapped", "development", "testing", "staging", "production"]


class Command(Struct):
    command: Text255


class Deployment(Struct, rename="camel"):
    """One deployment as Jira's deployments API 0.1 describes it."""

    deployment_sequence_number: Int64
    update_sequence_number: Int64
    display_name: Text255
    url: Url
    description: Text255
    last_updated: Instant
    state: Literal[
        "unknown", "pending", "in_progress", "cancelled", "failed", "rolled_back", "successful"
    ]
    pipeline: Pipeline
    environment: Environment
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    label: Text255 | None = None
    duration: Int64 | None = None
    commands: list[Command] | None = None
    schema_version: Literal["1.0"] | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The issues, services and commits that an entity names, in the order in which it names them."""

    issues: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Item:
    """One entity of a bulk request: its JSON as it came and either its fields or the fault found."""

    raw: str
    key: dict[str, Any]
    value: Deployment | None = None
    named: Named = field(default_factory=Named)
    fault: str = ""


@dataclass(slots=True)
class Bulk:
    """A bulk request that Jira would take: the fields around the entities, raw, and the entities."""

    envelope: dict[str, str]
    properties: dict[str, str]
    items: list[Item]


def read_deployments(body: bytes) -> Bulk:
    """Read the body of a submitDeployments request. Raises `Malformed` when Jira would answer 400."""
    envelope = _open(body)
    raws = _entities(envelope, "deployments")
    properties = _properties(envelope.get("properties"))
    items = [_deployment(raw) for raw in raws]
    around = {name: _text(raw) for name, raw in envelope.items() if name != "deployments"}
    return Bulk(around, properties, items)


def _open(body: bytes) -> dict[str, Raw]:
    _refuse_illegal_characters(body)
    try:
        return msgspec.json.decode(body, type=dict[str, Raw])
    except msgspec.ValidationError:
        raise Malformed("The request body must be a JSON object.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The request body is not valid JSON: {_reason(error)}.") from None
    except RecursionError:
        raise Malformed("The request body is nested too deeply.") from None


def _refuse_illegal_characters(body: bytes) -> None:
    if not body.isascii():
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"The request body must be UTF-8, and is not at byte {error.start}.") from None
        if found := _ILLEGAL.search(text):
            raise _illegal(f"{_first_utf16_unit(found.group()):04X}")
    if b"\\u" in body and (found := _ILLEGAL_ESCAPE.search(body.decode())):
        raise _illegal(found.group(1).upper())


def _illegal(unit: str) -> Malformed:
    return Malformed(
        f"Invalid binary character '#x{unit}' was found in the request body, the set of allowed characters"
        " is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD]."
    )


def _first_utf16_unit(character: str) -> int:
    code = ord(character)
    return code if code < 0x10000 else 0xD800 + ((code - 0x10000) >> 10)


def _entities(envelope: dict[str, Raw], name: str) -> list[Raw]:
    if name not in envelope:
        raise Malformed(f"'{name}' is required")
    try:
        raws = msgspec.json.decode(envelope[name], type=list[Raw])
    except msgspec.ValidationError:
        raise Malformed(f"'{name}' must be an array") from None
    except (msgspec.DecodeError, RecursionError):
        raise Malformed(f"'{name}' is not valid JSON") from None
    if not raws:
        raise Malformed(f"'{name}' must have at least 1 element")
    return raws


def _properties(raw: Raw | None) -> dict[str, str]:
    """The properties as texts. Numbers count as their text, since Jira takes them from real clients."""
    if raw is None or bytes(raw) == b"null":
        return {}
    try:
        pairs = msgspec.json.decode(raw, type=dict[str, Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("'properties' must be an object of texts") from None
    if len(pairs) > MAX_PROPERTIES:
        raise Malformed(f"'properties' can have a maximum of {MAX_PROPERTIES} elements")
    return {name: _property(name, value) for name, value in pairs.items()}


def _property(name: str, raw: Raw) -> str:
    if not name or ":" in name or name.startswith("_"):
        raise Malformed(f"'properties' has the key '{name[:80]}', which is empty, begins with '_' or has a ':'")
    if len(name) > 255:
        raise Malformed("'properties' has a key of more than 255 characters")
    try:
        value = msgspec.json.decode(raw, type=str | int | float)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"'properties.{name}' must be a text") from None
    text = value if isinstance(value, str) else _text(raw)
    if len(text) > 255:
        raise Malformed(f"'properties.{name}' can have a maximum of 255 characters")
    return text


def _deployment(raw: Raw) -> Item:
    item = Item(raw=_text(raw), key={})
    try:
        value = msgspec.json.decode(raw, type=Deployment)
        item.key = deployment_key(value)
        item.named = _named(value)
        _check(value)
        item.value = value
    except Fault as fault:
        item.fault = str(fault)
    except msgspec.ValidationError as error:
        item.fault = sentence(str(error))
        item.key = _key_of_faulty(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"'deployments' is not valid JSON: {_reason(error)}.") from None
    except RecursionError:
        raise Malformed("The request body is nested too deeply.") from None
    return item


def deployment_key(value: Deployment) -> dict[str, Any]:
    """The key by which Jira's receipts name a deployment."""
    return {
        "pipelineId": str(value.pipeline.id),
        "environmentId": str(value.environment.id),
        "deploymentSequenceNumber": value.deployment_sequence_number,
    }


def _key_of_faulty(raw: Raw) -> dict[str, Any]:
    """As much of the key as a faulty deployment shows, so that its sender can find it again."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    key: dict[str, Any] = {}
    for name, part in (("pipelineId", found.get("pipeline")), ("environmentId", found.get("environment"))):
        if isinstance(part, dict) and isinstance(part.get("id"), str | int):
            key[name] = str(part["id"])[:255]
    number = found.get("deploymentSequenceNumber")
    if type(number) is int and -(2**63) <= number < 2**63:
        key["deploymentSequenceNumber"] = number
    return key


def _check(value: Deployment) -> None:
    for name, url in (("url", value.url), ("pipeline.url", value.pipeline.url)):
        if not is_web_address(url):
            raise Fault(f"'{name}' must be an http or https address")
    for name, ident in (("pipeline.id", value.pipeline.id), ("environment.id", value.environment.id)):
        if len(str(ident)) > 255:
            raise Fault(f"'{name}' can have a maximum of 255 characters")
    try:
        value.last_updated.astimezone(UTC)
    except OverflowError:
        raise Fault("'lastUpdated' is beyond the years that can be told") from None
    gated = any(command.command == "initiate_deployment_gating" for command in value.commands or ())
    if gated and value.state != "pending":
        raise Fault("'commands' can ask for gating only while 'state' is pending")


def issues_of(payload: str) -> tuple[str, ...]:
    """The issues that a valid deployment names, in its own spelling."""
    return _named(msgspec.json.decode(payload.encode(), type=Deployment)).issues


def is_web_address(url: str) -> bool:
    """Whether a link goes to the web: `javascript:` and its like have no place on anybody's page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", url)


def _named(value: Deployment) -> Named:
    associations = value.associations or []
    if not value.issue_keys and not associations:
        raise Fault("'associations' or 'issueKeys' is required")
    if len(associations) > 3:
        raise Fault("'associations' can have a maximum of 3 elements")
    if any(not association.values for association in associations):
        raise Malformed("Associations must provide at least one value.")
    count = sum(len(association.values) for association in associations)
    if count > MAX_ASSOCIATION_VALUES:
        raise Malformed(
            "Sum of Association values across all association types can have a maximum of"
            f" {MAX_ASSOCIATION_VALUES} elements. Found {count}."
        )
    issues = list(value.issue_keys or ())
    if len(issues) > MAX_ASSOCIATION_VALUES:
        raise Fault(f"'issueKeys' can have a maximum of {MAX_ASSOCIATION_VALUES} elements")
    for position, key in enumerate(issues):
        if not _ISSUE_KEY.fullmatch(key):
            raise Fault(f"'issueKeys[{position}]' must be an issue key such as ABC-123")
    others: list[tuple[str, str]] = []
    for position, association in enumerate(associations):
        _read_association(association, f"associations[{position}]", issues, others)
    return Named(tuple(dict.fromkeys(issues)), tuple(dict.fromkeys(others)))


def _read_association(
    association: Association, place: str, issues: list[str], others: list[tuple[str, str]]
) -> None:
    kind = association.association_type
    for index, raw in enumerate(association.values):
        where = f"{place}.values[{index}]"
        if kind in ("issueKeys", "issueIdOrKeys"):
            text = _id_text(raw, where)
            pattern = _ISSUE_KEY if kind == "issueKeys" else _ISSUE_ID_OR_KEY
            if not pattern.fullmatch(text):
                raise Fault(f"'{where}' must be an issue key such as ABC-123")
            issues.append(text)
        elif kind == "serviceIdOrKeys" or kind.startswith("ati:"):
            others.append((kind, _id_text(raw, where)))
        elif kind in ("commit", "repository"):
            needed = ("commitHash", "repositoryId") if kind == "commit" else ("repositoryId",)
            others.append((kind, _reference(raw, where, needed)))
        else:
            raise Fault(f"'{place}.associationType' must be a type that Jira knows, such as issueIdOrKeys")


def _id_text(raw: Raw, where: str) -> str:
    try:
        value = msgspec.json.decode(raw, type=str | int)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Fault(f"'{where}' must be a text") from None
    if len(str(value)) > 511:
        raise Fault(f"'{where}' can have a maximum of 255 characters")
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


_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")
_AT = re.compile(r"(.*) - at `\$\.?(.*)`")
_LONGER = re.compile(r"Expected `(str|array)` of length <= (\d+)")
_SHORTER = re.compile(r"Expected `(?:str|array)` of length >= (\d+)")
_TYPE = re.compile(r"Expected `([^`]+)`, got `(\w+)`")
_NOUNS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "array": "an array",
    "object": "an object",
    "datetime": "a date and time such as 2026-11-18T13:02:09Z",
    "null": "null",
    "bool": "true or false",
}


def sentence(found: str) -> str:
    """Say one of msgspec's validation errors in the way Jira says its own: "'url' is required"."""
    if missing := _MISSING.fullmatch(found):
        name, place = missing.groups()
        return f"'{place}.{name}' is required" if place else f"'{name}' is required"
    at = _AT.fullmatch(found)
    what, where = (at.group(1), at.group(2)) if at else (found, "")
    subject = f"'{where}'" if where else "The entity"
    if limit := _LONGER.match(what):
        unit = "characters" if limit.group(1) == "str" else "elements"
        return f"{subject} can have a maximum of {limit.group(2)} {unit}"
    if _SHORTER.match(what):
        return f"{subject} must not be empty"
    if types := _TYPE.match(what):
        wanted, got = types.groups()
        nouns = " or ".join(_NOUNS.get(name.strip(), name) for name in wanted.split("|") if name.strip() != "null")
        return f"{subject} must be {nouns}, not {_NOUNS.get(got, got)}"
    if what.startswith("Invalid enum value"):
        return f"{subject} has a value that Jira does not know: {what.removeprefix('Invalid enum value ')}"
    if "timezone" in what:
        return f"{subject} must name its time zone, such as 2026-11-18T13:02:09Z"
    if "datetime" in what or "RFC3339" in what:
        return f"{subject} must be a date and time such as 2026-11-18T13:02:09Z"
    if "int" in what or "Integer" in what:
        return f"{subject} must be a whole number of 64 bits"
    return f"{subject} is not valid: {what}"


def _reason(error: Exception) -> str:
    return str(error).removeprefix("JSON is malformed: ")


def _text(raw: Raw) -> str:
    return bytes(raw).decode()
