import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import spreadsheet


def cell_of(value: object) -> str:
    answer = spreadsheet.answer("table", ["head"], [[value]])
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))[1][0]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_compute_is_a_text(formula: str) -> None:
    assert cell_of(formula) == f"'{formula}"


@pytest.mark.parametrize(("value", "written"), [(-5, "-5"), ('a, "b"\nc', 'a, "b"\nc'), ("é", "é"), ("\ud800", "?")])
def test_anything_else_is_written_as_it_is(value: object, written: str) -> None:
    assert cell_of(value) == written


@given(st.text(min_size=1))
def test_no_text_begins_a_formula(text: str) -> None:
    assert cell_of(text)[0] not in "=+-@\t\r"


def test_it_is_a_file_to_be_saved() -> None:
    answer = spreadsheet.answer("rejected", ["head"], [])
    assert answer["Content-Disposition"] == 'attachment; filename="rejected.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
