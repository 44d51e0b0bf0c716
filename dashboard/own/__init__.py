"""What each kind adds to the page of one entity, a module to a kind."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Own:
    """Context, moving parts of the kind's own template, and how many seconds on it is worth asking again.

    `ask` is what the pulse sends along, `status` how the page answers.
    """

    context: dict[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    every: float | None = None
    ask: dict[str, str] | None = None
    status: int = 200
