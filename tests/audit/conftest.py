"""A log with some rows in it, and somebody who may do everything in the database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.audit.tampering import Superuser


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    """The file of checkpoints, for this test alone."""
    settings.AUDIT_CHECKPOINTS = tmp_path / "audit-checkpoints.ndjson"
    return Path(settings.AUDIT_CHECKPOINTS)


@pytest.fixture
def superuser(transactional_db: None) -> Iterator[Superuser]:
    with Superuser() as found:
        yield found
