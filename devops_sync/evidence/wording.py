"""How values are written in the files: JSON with its keys in order, instants in UTC, hashes in hexadecimal."""

import base64
import datetime as dt
import json
from typing import Any


def lines(value: dict[str, Any]) -> bytes:
    """One line of NDJSON. What has to be read as text and is none is told by its signs."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "backslashreplace")


def page(value: dict[str, Any]) -> bytes:
    """A file of JSON that a person can read."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode("utf-8", "backslashreplace")


def instant(at: dt.datetime | None) -> str | None:
    """An instant to the microsecond, in UTC."""
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def told(at: dt.datetime | None) -> str:
    """An instant as the summary says it."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC" if at is not None else ""


def digest(sha256: bytes | memoryview | None) -> str | None:
    return bytes(sha256).hex() if sha256 is not None else None


def text(body: bytes) -> dict[str, str]:
    """Bytes beside other fields: as text where they are one, else in base64."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
