"""Figures that are dear are kept for a while: the longer they took, the longer."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")
LONGEST = 300.0


def figure(name: str, of: list[int], compute: Callable[[], T], times: float = 50) -> T:
    """What `compute` gives for these sites, at most `times` as old as it took to compute it (five minutes at most).

    On a small ledger that is nothing; on one of millions a page does not count them all every time.
    """
    key = f"{name}:{','.join(map(str, sorted(of)))}"
    found: tuple[float, T] | None = cache.get(key)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    began = time.monotonic()
    value = compute()
    lasts = min((time.monotonic() - began) * times, LONGEST)
    if lasts >= 1:
        cache.set(key, (time.monotonic() + lasts, value), timeout=lasts)
    return value
