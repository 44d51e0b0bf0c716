"""After each test that works with the ledger, the current rows say of themselves what their entries say."""

from collections.abc import Iterator

import pytest

from tests.balance import has_a_ledger


def wrong() -> list[str]:
    """The current rows whose mark is not what became of their entry, and what it was."""
    from devops_sync.kinds import KINDS
    from devops_sync.models import Entry

    found = []
    for name, kind in KINDS.items():
        rows = kind.model._default_manager.select_related("entry")
        marked = rows.filter(is_rejected=True).exclude(entry__outcome=Entry.Outcome.REJECTED)
        unmarked = rows.filter(is_rejected=False, entry__outcome=Entry.Outcome.REJECTED)
        found += [f"{name} {row.entry.key}: {row.entry.outcome}" for row in (*marked, *unmarked)]
    return found


@pytest.fixture(autouse=True)
def _marks_are_right(request: pytest.FixtureRequest, _django_db_helper: None) -> Iterator[None]:
    """Looks before the test's rows are taken back, since it was set up after the database."""
    yield
    if has_a_ledger(request.node):
        assert not wrong()
