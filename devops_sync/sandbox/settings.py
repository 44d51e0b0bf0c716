"""What can be set at the start, and changed while the sandbox runs."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from . import faults as faulty
from . import rates
from .issues import Wrong

LARGEST = 1_000_000_000
GATING = ("available", "unavailable", "401", "403", "404")


class Settings(Struct):
    """How this Jira behaves. Seconds and bytes; nobody has published Jira's own limits of a bulk."""

    delay: float = 0.3
    token_life: float = 900.0
    bulk_limit: int = 1000
    body_limit: int = 5 * 1024 * 1024
    # Whether OAuth credentials may ask for a gating status, which Atlassian leaves open; Connect apps may.
    gating: str = "available"


class _Asked(Struct, forbid_unknown_fields=True):
    rate: str | float | UnsetType | None = UNSET
    faults: str | dict[str, float] | UnsetType | None = UNSET
    hold: float | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    answer: faulty.Forced | list[faulty.Forced] | UnsetType | None = UNSET
    delay: float | UnsetType = UNSET
    token_life: float | UnsetType = UNSET
    bulk_limit: int | UnsetType = UNSET
    body_limit: int | UnsetType = UNSET
    gating: str | UnsetType = UNSET


def change(body: bytes, settings: Settings, troubles: faulty.Faults, meter: rates.Meter) -> None:
    """Take over what a JSON object asks for; all of it, or nothing. Raises `Wrong`."""
    try:
        asked = msgspec.json.decode(body, type=_Asked)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"The settings cannot be read: {error}") from None
    limit = meter.limit if asked.rate is UNSET else rates.parse(asked.rate)
    shares = troubles.shares if asked.faults is UNSET else _shares(asked.faults)
    for name in ("delay", "token_life", "bulk_limit", "body_limit", "hold"):
        value = getattr(asked, name)
        if value is not UNSET and not 0 <= value <= LARGEST:
            raise Wrong(f"{name} must be from 0 to {LARGEST:,}.")
    if asked.gating is not UNSET and asked.gating not in GATING:
        raise Wrong(f"gating must be one of {', '.join(GATING)}.")
    for name in ("delay", "token_life", "bulk_limit", "body_limit", "gating"):
        if getattr(asked, name) is not UNSET:
            setattr(settings, name, getattr(asked, name))
    meter.limit, troubles.shares = limit, shares
    if asked.hold is not UNSET:
        troubles.hold = asked.hold
    if asked.seed is not UNSET:
        troubles.seed(asked.seed)
    if asked.answer is not UNSET:
        answers = asked.answer if isinstance(asked.answer, list) else [asked.answer] if asked.answer else []
        troubles.forced = list(answers)


def _shares(asked: str | dict[str, float] | None) -> dict[str, float]:
    return faulty.parse(asked) if isinstance(asked, str) else faulty.check(asked or {})


def describe(settings: Settings, troubles: faulty.Faults, meter: rates.Meter) -> dict[str, Any]:
    """The settings in the form in which they are asked for."""
    return {
        **msgspec.to_builtins(settings),
        "rate": f"{meter.limit:.0f}/s" if meter.limit else None,
        "faults": troubles.shares,
        "hold": troubles.hold,
        "answer": msgspec.to_builtins(troubles.forced),
    }
