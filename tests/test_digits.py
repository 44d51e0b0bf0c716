"""What is a whole number in a text from outside, and what only looks like one to Python."""

import pytest

from devops_sync import digits


@pytest.mark.parametrize("text", ["0", "7", "007", "9" * 18])
def test_digits_alone_are_a_number(text: str) -> None:
    assert digits.only(text)


@pytest.mark.parametrize("text", ["", " 7", "7\n", "-7", "+7", "1_000", "7.0", "x", "٣", "²", "7\0", "9" * 19])
def test_what_python_reads_too_is_none(text: str) -> None:
    assert not digits.only(text)


def test_how_many_there_may_be_is_said() -> None:
    assert (digits.only("9999", 4), digits.only("10000", 4)) == (True, False)


@pytest.mark.parametrize("number", [0, -7, 2**63 - 1, -(2**63)])
def test_a_number_of_64_bits_fits(number: int) -> None:
    assert digits.fit(str(number))


@pytest.mark.parametrize("text", ["", "-", "--7", "+7", "1_0", "٣", str(2**63), str(-(2**63) - 1), "9" * 5000])
def test_what_is_larger_or_no_number_does_not(text: str) -> None:
    assert not digits.fit(text)
