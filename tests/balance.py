"""After each test that works with the ledger, everything received is accounted for.

A test that loses entries on purpose has the mark `breaks_the_balance`.
"""

from collections.abc import Iterator

import pytest
from django.db import connection

GROUPS = ("cleanups", "clients", "delivery", "errands", "gateway", "ledger")
_USING_THE_DATABASE = {"db", "transactional_db"}


@pytest.fixture(autouse=True)
def _everything_is_accounted_for(request: pytest.FixtureRequest, _django_db_helper: None) -> Iterator[None]:
    """Looks before the test's rows are taken back, since it was set up after the database."""
    yield
    if has_a_ledger(request.node) and not request.node.get_closest_marker("breaks_the_balance"):
        from devops_sync.models.balance import balances

        off = {site: balance for site, balance in balances().items() if balance.missing}
        assert not off, f"The balance does not hold after this test: {off}"


def has_a_ledger(test: pytest.Function) -> bool:
    """Whether the test is of a group that submits and delivers, and its database can still be asked."""
    is_using_it = test.get_closest_marker("django_db") or _USING_THE_DATABASE.intersection(test.fixturenames)
    return test.path.parent.name in GROUPS and bool(is_using_it) and not connection.needs_rollback
