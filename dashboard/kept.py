"""Figures that are dear are kept for a while: the longer they took, the longer.

Django's cache knows until when. The figures themselves lie beside it, since it gives a copy to each who asks, and to
unpack all pipelines takes longer than to draw a list of them. So nobody may change what they get.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db import connections

T = TypeVar("T")
LONGEST = 300.0
# Seconds. For what takes so long no page waits a second time.
DEAR = 0.2
# So many are held; of those of earlier days the oldest go.
MOST = 300
_held: dict[str, tuple[float, Any]] = {}
_holding = threading.Lock()


def figure(name: str, of: list[int], compute: Callable[[], T], times: float = 50) -> T:
    """What `compute` gives for these sites, at most `times` as old as it took to compute it (five minutes at most).

    On a small ledger that is nothing; on one of millions a page does not count them all every time. A dear one that
    has grown too old is given once more while it is computed anew beside, unless it is older than that by five minutes.
    """
    key = f"{name}:{','.join(map(str, sorted(of)))}"
    found: tuple[float, float] | None = cache.get(key)
    mark, value = _held.get(key, (None, None))
    if found is None or found[1] != mark:
        return _keep(key, compute, times)
    if found[0] <= time.monotonic() and cache.add(f"{key}:anew", True, timeout=LONGEST):
        threading.Thread(target=_keep_beside, args=(key, compute, times), daemon=True).start()
    return cast(T, value)


def _keep(key: str, compute: Callable[[], T], times: float) -> T:
    began = time.monotonic()
    value = compute()
    took = time.monotonic() - began
    lasts = min(took * times, LONGEST)
    if lasts >= 1:
        _hold(key, began, value)
        cache.set(key, (time.monotonic() + lasts, began), timeout=lasts + (LONGEST if took >= DEAR else 0))
    return value


def _hold(key: str, mark: float, value: Any) -> None:
    with _holding:
        _held.pop(key, None)
        _held[key] = mark, value
        while len(_held) > MOST:
            del _held[next(iter(_held))]


def _keep_beside(key: str, compute: Callable[[], T], times: float) -> None:
    """The same in a thread, with connections of its own."""
    try:
        _keep(key, compute, times)
    finally:
        cache.delete(f"{key}:anew")
        connections.close_all()
