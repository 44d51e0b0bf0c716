"""docs/security.md names a test for each threat. Those tests are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "security.md"


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`", DOCUMENT.read_text(encoding="utf-8"))
    assert len(named) > 20
    missing = [
        (path, test)
        for path, test in named
        if not (ROOT / path).exists() or (test and f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_threat_has_one() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    threats = [row for row in rows if not row.startswith("| threat")]
    assert [row for row in threats if "`tests/" not in row and "`requirements" not in row] == []


def test_whatever_tests_security_is_named() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    files = (ROOT / "tests" / "security").glob("test_*.py")
    assert [file.name for file in files if f"tests/security/{file.name}" not in text] == []
