"""How long something will take is said alike wherever it is said."""

import datetime as dt

import pytest

from devops_sync import spans


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "a few seconds"), (7.9, "a few seconds"), (8, "about 10 s"), (24, "about 20 s"), (44, "about 40 s")],
)
def test_what_is_known_well_enough_is_said_in_seconds(seconds: float, said: str) -> None:
    assert spans.about(dt.timedelta(seconds=seconds), in_seconds=True) == said
    assert spans.about(dt.timedelta(seconds=seconds)) == "less than a minute"


def test_longer_ones_are_said_alike() -> None:
    for seconds in (46, 120, 1500, 3600, 10_000, 400_000):
        span = dt.timedelta(seconds=seconds)
        assert spans.about(span) == spans.about(span, in_seconds=True)
