"""Keys as text: a JSON array, since ids may contain any separator."""

import json


def text(*values: str | int) -> str:
    """The key with these parts, such as `["checkout-api","staging",7]`."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def parts(key: str) -> tuple[str | int, ...]:
    """The parts of a key."""
    return tuple(json.loads(key))


def words(key: str) -> str:
    """The key as people read it, such as `checkout-api / staging / 7`; what is no key stays as it is."""
    try:
        return " / ".join(map(str, parts(key)))
    except (ValueError, TypeError):
        return key
