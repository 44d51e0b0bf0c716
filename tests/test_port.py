"""The ports that `up` chooses by itself."""

import socket
from pathlib import Path

import pytest

from devops_sync.up import port
from tests.started import free_port


def test_the_port_that_is_to_be_another_is_never_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([8000, 8000, 8001])
    monkeypatch.setattr(port, "_any_free", lambda: next(given))
    assert port.kept_free(tmp_path / "note", other_than=8000) == 8001
    assert (tmp_path / "note").read_text() == "8001\n"


def test_a_chosen_port_is_kept_as_long_as_it_is_free(tmp_path: Path) -> None:
    note = tmp_path / "note"
    chosen = port.kept_free(note, other_than=1)
    assert port.kept_free(note, other_than=1) == chosen
    with socket.create_server(("127.0.0.1", chosen)):
        assert port.kept_free(note, other_than=1) != chosen


@pytest.mark.parametrize("noted", ["", "http", "99999999", "-1"])
def test_a_note_that_says_no_port_is_written_anew(noted: str, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text(noted)
    assert port.kept_free(note, other_than=free_port()) == int(note.read_text())
