"""What is dear is computed once in a while, and nobody waits for it twice."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from dashboard import kept


@pytest.fixture(autouse=True)
def _nothing_kept(settings: Any) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


def test_a_figure_that_is_cheap_is_always_of_now() -> None:
    numbers = itertools.count()
    assert [kept.figure("cheap", [1], lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_a_dear_figure_that_is_too_old_is_given_once_more_while_it_is_computed_anew() -> None:
    numbers = itertools.count()

    def ask() -> tuple[int, bool]:
        began = time.monotonic()
        found = kept.figure("dear", [1], _slowly, times=3)
        return found, time.monotonic() - began < 0.2

    def _slowly() -> int:
        time.sleep(0.4)
        return next(numbers)

    assert ask() == (0, False)
    assert ask() == (0, True)
    time.sleep(1.3)
    assert [ask(), ask()] == [(0, True), (0, True)]
    time.sleep(1.0)
    assert ask() == (1, True)


def test_what_is_kept_is_given_as_it_is_and_not_as_a_copy() -> None:
    def _slowly() -> list[str]:
        time.sleep(0.1)
        return ["long"]

    first = kept.figure("long", [1], _slowly)
    assert kept.figure("long", [1], _slowly) is first
    cache.clear()
    assert kept.figure("long", [1], _slowly) is not first
