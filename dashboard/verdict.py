"""What the ledger says of a body that somebody is about to submit, as the page tells it."""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.safestring import SafeString

from devops_sync import kinds, ledger

from . import wire
from .kinds import CARRIED, KINDS

SHOWN = 50
# Bytes up to which a body that is refused as a whole is laid out: it may be anything, and is in the box as well.
SHOWN_OF_REFUSED = 10_000
_AT_BYTE = re.compile(r"The request body is .*\bbyte (\d+)")


@dataclass(frozen=True)
class Finding:
    """One entity, and what was found: its sentence where it is refused, what is mended where something is."""

    word: str
    key: str
    state: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What would become of a body. With a `refusal` it is refused as a whole; `place` is where in the text."""

    status: int = 202
    refusal: str = ""
    place: str = ""
    api: str = ""
    findings: list[Finding] = field(default_factory=list)
    body: SafeString = field(default_factory=SafeString)
    size: int = 0

    @property
    def refused(self) -> int:
        return sum(one.state == "refused" for one in self.findings)

    @property
    def mended(self) -> int:
        return sum(one.state == "mended" for one in self.findings)

    @property
    def sound(self) -> int:
        """How many entities would be taken."""
        return len(self.findings) - self.refused

    @property
    def is_whole(self) -> bool:
        """Whether all of it would be taken."""
        return not self.refusal and not self.refused

    @property
    def first_sentence(self) -> str:
        """The sentence that keeps it from being taken whole, if any."""
        return self.refusal or next((one.said[0] for one in self.findings if one.state == "refused"), "")

    @property
    def counted(self) -> str:
        return CARRIED.get(self.api, "entity,entities")

    @property
    def shown(self) -> list[Finding]:
        """The first findings: what is refused before what is mended before what is as it should be."""
        order = ("refused", "mended", "valid")
        return sorted(self.findings, key=lambda one: order.index(one.state))[:SHOWN]

    @property
    def beyond(self) -> int:
        return max(0, len(self.findings) - SHOWN)


def of(api: str, body: bytes) -> Verdict:
    """What the ledger would do with a body. Without an API it is the one that the body shows."""
    if len(body) > settings.LARGEST_BODY:
        return too_large(len(body))
    try:
        checked = ledger.check(api, body)
    except ledger.Refused as refused:
        place, shown = _place(body, refused.message), _laid_out(body, SHOWN_OF_REFUSED)
        return Verdict(refused.status, refused.message, place, api, body=shown, size=len(body))
    findings = [_finding(item) for item in checked.items]
    return Verdict(api=checked.api, findings=findings, body=_laid_out(body, wire.SHOWN), size=len(body))


def too_large(size: int = 0) -> Verdict:
    """What is said of a body that nobody reads."""
    return Verdict(413, "The request body is larger than Waybill takes.", size=size)


def _laid_out(body: bytes, most: int) -> SafeString:
    return wire.body(body) if len(body) <= most else SafeString()


def _finding(item: ledger.Item) -> Finding:
    key = " / ".join(str(item.key[part]) for part in kinds.KINDS[item.kind].contract.key if part in item.key)
    state = "refused" if item.fault else "mended" if item.mends else "valid"
    return Finding(KINDS[item.kind].word, key, state, (item.fault,) if item.fault else item.mends)


def _place(body: bytes, sentence: str) -> str:
    """Where in the text a byte is, for people: "line 3, column 7"."""
    if not (found := _AT_BYTE.match(sentence)):
        return ""
    before = body[: int(found[1])]
    line = before.count(b"\n") + 1
    column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
    return f"line {line}, column {column}"
