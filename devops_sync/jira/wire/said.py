"""Faults as sentences, said in the way in which Jira says its own: "'url' is required"."""

import re

_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")
_AT = re.compile(r"(.*) - at `\$\.?(.*)`")
_LONGER = re.compile(r"Expected `(str|array)` of length <= (\d+)")
_SHORTER = re.compile(r"Expected `(?:str|array)` of length >= (\d+)")
_TYPE = re.compile(r"Expected `([^`]+)`, got `(\w+)`")
_LEAST = re.compile(r"Expected `int` >= (-?\d{1,6})$")
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
    """Say one of msgspec's validation errors as one sentence that names the field."""
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
        names = [name.strip() for name in wanted.split("|")]
        nouns = " or ".join(_NOUNS.get(name, name) for name in names if name != "null")
        return f"{subject} must be {nouns}, not {_NOUNS.get(got, got)}"
    if what.startswith("Invalid enum value"):
        return f"{subject} has a value that Jira does not know: {what.removeprefix('Invalid enum value ')}"
    if "timezone" in what:
        return f"{subject} must name its time zone, such as 2026-11-18T13:02:09Z"
    if "datetime" in what or "RFC3339" in what:
        return f"{subject} must be a date and time such as 2026-11-18T13:02:09Z"
    if least := _LEAST.match(what):
        return f"{subject} must be {least.group(1)} or more"
    if "int" in what or "Integer" in what:
        return f"{subject} must be a whole number of 64 bits"
    return f"{subject} is not valid: {what}"


def reason(error: Exception) -> str:
    """Why something is not JSON."""
    return str(error).removeprefix("JSON is malformed: ")
