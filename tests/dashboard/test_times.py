"""How times are said."""

import datetime as dt

import pytest

from dashboard.templatetags import times

NOW = dt.datetime(2026, 11, 18, 14, 32, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (dt.timedelta(seconds=12), "12 s ago"),
        (dt.timedelta(minutes=6, seconds=50), "6 min ago"),
        (dt.timedelta(hours=3), "3 h ago"),
        (dt.timedelta(hours=20), "Tue 18:32"),
        (dt.timedelta(days=9), "9 Nov 14:32"),
        (dt.timedelta(days=400), "14 Oct 2025 14:32"),
        (dt.timedelta(seconds=-3), "0 s ago"),
    ],
)
def test_times_are_said_as_people_say_them(age: dt.timedelta, said: str) -> None:
    assert times.spoken(NOW - age, NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.446, "446 ms"),
        (1.94, "1.9 s"),
        (0.9999, "1.0 s"),
        (59.7, "1 min"),
        (400, "6 min 40 s"),
        (180_000, "2 d 2 h"),
        (3600, "1 h"),
        (12, "12 s"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert times.duration(seconds) == said


def test_an_instant_carries_its_exact_self() -> None:
    moment = dt.datetime(2026, 11, 18, 13, 2, 9, 114_000, tzinfo=dt.UTC)
    assert times.exact(moment) == "Wed 18 Nov 2026, 13:02:09.114 UTC"
    assert times.machine(moment) == "2026-11-18T13:02:09.114Z"
