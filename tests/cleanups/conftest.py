"""Clean-ups of what stands in the sandbox, and a worker's rounds until nothing is left to do."""

import datetime as dt

import pytest
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.cleaning import proving
from devops_sync.models import Cleanup, ProofReading, Site, User
from tests import builders
from tests.errands.conftest import deliver
from tests.errands.conftest import filled as filled
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site

EVERYTHING = ("deployments", "builds", "devinfo")


@pytest.fixture
def admin() -> User:
    return builders.user("admin")


@pytest.fixture(autouse=True)
def _patience_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jira's stand-in deletes at once, unless a test says otherwise."""
    monkeypatch.setattr(proving, "FIRST_AFTER", 0)


def by_page(user: User | None) -> cleanups.Asker:
    return cleanups.Asker(Cleanup.Origin.PAGE, user)


def plan(
    site: Site, user: User | None, apis: tuple[str, ...] = EVERYTHING, *, until: int | None = None, **pairs: str
) -> Cleanup:
    """A clean-up of all with these properties, previewed."""
    return cleanups.plan_by_properties(site, apis, pairs, by_page(user), timezone.now(), until)


def confirm(cleanup: Cleanup, user: User | None, *, delay: int = 0) -> Cleanup:
    cleanups.confirm(cleanup, user, cleanup.total, "The account is closed.", delay, timezone.now())
    return cleanup


def work(cleanup: Cleanup, *, rounds: int = 50) -> Cleanup:
    """Run, deliver and ask until it is over."""
    for _ in range(rounds):
        cleaning.run_due()
        deliver(cleanup.site)
        ProofReading.objects.unanswered().update(due_at=timezone.now() - dt.timedelta(seconds=1))
        cleanup.refresh_from_db()
        if cleanup.is_over and not cleanup.parts.filter(state="marking").exists():
            return cleanup
    raise AssertionError(f"it does not come to an end: {cleanup.state}")
