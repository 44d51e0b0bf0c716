"""What a check found: whether it is well, and what to do where it is not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line. `says` and `do` are sentences without any secret; `data` is what programs get besides."""

    name: str
    state: State
    says: str
    do: str = ""
    data: dict[str, Any] = field(default_factory=dict)


Check = Callable[[], Iterator[Finding]]


def ok(name: str, says: str) -> Finding:
    return Finding(name, State.OK, says)


def warn(name: str, says: str, do: str) -> Finding:
    return Finding(name, State.WARN, says, do)


def bad(name: str, says: str, do: str) -> Finding:
    return Finding(name, State.BAD, says, do)


def span(seconds: float) -> str:
    """A length of time in words, such as 3 h 20 min."""
    whole = round(seconds)
    if whole < 120:
        return f"{max(whole, 0)} s"
    if whole < 7200:
        return f"{whole // 60} min"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days"


def size(count: float) -> str:
    """An amount of bytes in words, such as 1.4 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
