"""Causes: what Jira says of many entities, with the parts that vary from one to the next folded into signs.

"Repository {id}: 'author' is required for commit {hash}" is one cause, whatever the repository and the commit.
"""

import re

from .receipts import storable

LONGEST = 500
NO_REASON = "Jira gave no reason."
# What is read of a message; of a longer one the beginning tells the cause.
_READ = 2000
_SIGNS = ("value", "url", "id", "time", "key", "hash", "number")
_SIGN = re.compile(r"\{(?:" + "|".join(_SIGNS) + r")\}")
# A quoted name of a field stays, since it says what is wrong: 'issueKeys', 'associations[3].values'. After the noun of
# a thing, or after a colon at the end, it is a value, whatever it looks like.
_AFTER_A_THING = re.compile(
    r"\b(?:value|character|repository|commit|branch|pipeline|environment|build|deployment|key|issue|named) $",
    re.IGNORECASE,
)
_VARYING = re.compile(
    r"(?P<sign>" + _SIGN.pattern + r")"
    r"|(?P<field>(?<!\w)'[a-z][A-Za-z]*(?:\[(?:\d+|\{number\})\]|\.[A-Za-z]+)*'(?!\w))"
    r"|(?P<value>“[^”]*”|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|(?<=URI: )(?!\{value\}).+|(?<=URL: )(?!\{value\}).+)"
    r"|(?P<url>\bhttps?://[^\s'\"”]+)"
    r"|(?P<id>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?\b)"
    r"|(?P<constant>\b(?:UTF-8|UTF-16|ISO-8601|SHA-\d+)\b|(?<=answered )\d{3}\b)"
    r"|(?P<key>\b[A-Za-z][A-Za-z0-9_]+-\d+\b)"
    r"|(?P<hash>\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b)"
    r"|(?P<number>(?<![\w#])\d+(?:[.,]\d+)*)"
)
_POSITION = re.compile(r"\[\d+\]")


def fold(message: str) -> str:
    """The cause that a message tells: the same for all that differ in a value, a key, a number, a hash or a link.

    At most 500 characters; folding what is folded changes nothing.
    """
    text = " ".join(storable(message[:_READ]).split())
    folded = ""
    while text != folded:
        # What stood beside a part that is folded now may be told from its surroundings only now.
        folded = text
        text = _cut(_VARYING.sub(_sign, text))
    return text or NO_REASON


def _sign(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    if kind in ("sign", "constant"):
        return found.group()
    if kind == "field":
        return "{value}" if _is_value(found) else _POSITION.sub("[{number}]", found.group())
    return f"{{{kind}}}"


def _is_value(found: re.Match[str]) -> bool:
    """Whether a quoted word that could be the name of a field is none, by what stands around it."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    return bool(_AFTER_A_THING.search(before[-20:])) or (before.endswith(": ") and after in ("", "."))


def _cut(text: str) -> str:
    """At most as long as a cause may be, and never through a sign."""
    if len(text) <= LONGEST:
        return text
    through = next((sign for sign in _SIGN.finditer(text) if sign.start() < LONGEST < sign.end()), None)
    return text[: through.start() if through else LONGEST].rstrip()
