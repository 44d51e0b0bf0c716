"""What all bulk requests share: the body, the fields around the entities, the properties."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Raw

from .said import reason, sentence

MAX_PROPERTIES = 5
# Jira publishes no limit for deployments and builds; without one a body of zeros would take minutes to refuse.
MAX_ENTITIES = 5000

# U+0000 and astral characters, raw or escaped: Jira refuses the whole body because of one of them.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
_ILLEGAL_ESCAPE = re.compile(
    r"(?<!\\)(?:\\\\)*\\u(00(?:0[0-8bcBCefEF]|1[0-9a-fA-F])|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF])"
)

Ident = Annotated[str, Meta(min_length=1, max_length=255)] | int
Text255 = Annotated[str, Meta(max_length=255)]
Url = Annotated[str, Meta(max_length=2000)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Instant = Annotated[datetime, Meta(tz=True)]


class Malformed(Exception):
    """The request as a whole is refused with `status`; the text is the sentence that says why."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.message = message
        self.status = status


class Fault(Exception):
    """One entity is refused; the text is the sentence that says why and names the field."""


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
    value: Any = None
    named: Named = field(default_factory=Named)
    fault: str = ""
    kind: str = "deployment"
    # What was mended because Jira documents that it would do the same, one sentence each.
    mends: tuple[str, ...] = ()


@dataclass(slots=True)
class Bulk:
    """A bulk request that Jira would take: the fields around the entities, raw, and the entities."""

    envelope: dict[str, str]
    properties: dict[str, str]
    items: list[Item]


KeyOfFaulty = Callable[[Raw], dict[str, Any]]


def open_body(body: bytes) -> dict[str, Raw]:
    """The fields of the body, each as raw JSON. Raises `Malformed`."""
    if not body.strip(b" \t\n\r"):
        raise Malformed("The body is empty.")
    _refuse_illegal_characters(body)
    try:
        return msgspec.json.decode(body, type=dict[str, Raw])
    except msgspec.ValidationError:
        raise Malformed("The request body must be a JSON object.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The request body is not valid JSON: {reason(error)}.") from None
    except RecursionError:
        raise nested_too_deeply() from None


def nested_too_deeply() -> Malformed:
    return Malformed("The request body is nested too deeply.")


def _refuse_illegal_characters(body: bytes) -> None:
    if not body.isascii():
        try:
            decoded = body.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"The request body must be UTF-8, and is not at byte {error.start}.") from None
        if found := _ILLEGAL.search(decoded):
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


def entities(envelope: dict[str, Raw], name: str) -> list[Raw]:
    """The entities in the envelope's array of this name, each as raw JSON. Raises `Malformed`."""
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
    if len(raws) > MAX_ENTITIES:
        raise Malformed(f"Data is too large. Submit at most {MAX_ENTITIES} {name} in each request.", 413)
    return raws


def entity(
    raw: Raw, kind: str, model: type[Any], array: str, examine: Callable[[Item, Any], None], key_of_faulty: KeyOfFaulty
) -> Item:
    """Read one entity of a kind: decode it, let `examine` fill in its key and check what a type cannot say.

    Raises `Malformed` where Jira refuses the request because of it.
    """
    item = Item(raw=text(raw), key={}, kind=kind)
    try:
        value = msgspec.json.decode(raw, type=model)
        examine(item, value)
        item.value = value
    except Fault as fault:
        item.fault = str(fault)
    except msgspec.ValidationError as error:
        item.fault = sentence(str(error))
        item.key = key_of_faulty(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"'{array}' is not valid JSON: {reason(error)}.") from None
    except RecursionError:
        raise nested_too_deeply() from None
    return item


def around(envelope: dict[str, Raw], name: str) -> dict[str, str]:
    """What stands around the entities, as raw JSON by field."""
    return {field: text(raw) for field, raw in envelope.items() if field != name}


def properties(raw: Raw | None) -> dict[str, str]:
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
    found = value if isinstance(value, str) else text(raw)
    if len(found) > 255:
        raise Malformed(f"'properties.{name}' can have a maximum of 255 characters")
    return found


def check_addresses(**addresses: str | None) -> None:
    """Raise `Fault` for an address that does not go to the web; `__` in a name stands for a dot."""
    for name, address in addresses.items():
        if address is not None and not is_web_address(address):
            raise Fault(f"'{name.replace('__', '.')}' must be an http or https address")


def is_web_address(url: str) -> bool:
    """Whether a link goes to the web: `javascript:` and its like have no place on anybody's page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", url)


def check_instant(name: str, instant: datetime) -> None:
    """Raise `Fault` for an instant that no calendar of ours can hold once it is moved to UTC."""
    try:
        instant.astimezone(UTC)
    except OverflowError:
        raise Fault(f"'{name}' is beyond the years that can be told") from None


def text(raw: Raw) -> str:
    """Raw JSON as it came."""
    return bytes(raw).decode()


def loosely(raw: Raw | bytes) -> dict[str, Any]:
    """Whatever can be read of an object that may be faulty."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_int64(value: Any) -> bool:
    """Whether a value is a whole number that PostgreSQL's bigint can hold."""
    return type(value) is int and -(2**63) <= value < 2**63
