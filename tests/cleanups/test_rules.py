"""Recurring rules: what has been unchanged for long goes by itself, once an admin has said yes to what goes first."""

import datetime as dt

import pytest
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.cleaning import ruling as runs
from devops_sync.cleanups import ruling
from devops_sync.models import Branch, Build, Cleanup, CleanupRule, Commit, Deployment, Repository, Site, User
from devops_sync.models.current import Current
from tests import builders
from tests.errands.conftest import Send, state
from tests.payloads import branch, build, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import EVERYTHING, work

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)
LONG_AGO = 30


def aged(*models: type[Current], days: int = LONG_AGO, **which: object) -> None:
    """Let rows have been unchanged for so long."""
    for model in models:
        model._default_manager.filter(**which).update(changed_at=timezone.now() - days * DAY)


@pytest.fixture
def accounts(site: Site, send: Send) -> Site:
    """Two deployments and a build of account a, and one deployment of account b, all old."""
    send("deployments", deployment(1), deployment(2), properties={"account": "a"})
    send("builds", build(1), properties={"account": "a"})
    send("deployments", deployment(3), properties={"account": "b"})
    aged(Deployment, Build)
    return site


def rule(site: Site, admin: User, **more: object) -> CleanupRule:
    given = {"apis": EVERYTHING, "properties": {"account": "a"}, "older_than": 20, "every": 1, "name": "old"}
    return ruling.write(site, admin, now=timezone.now(), **given | more)  # type: ignore[arg-type]


def turned_on(site: Site, admin: User, **more: object) -> CleanupRule:
    """A rule whose first run is over."""
    made = rule(site, admin, **more)
    first = ruling.preview(made, admin, timezone.now())
    work(ruling.turn_on(made, admin, first.total, "Kept for 20 days.", 0, timezone.now()))
    made.refresh_from_db()
    return made


def later(made: CleanupRule, days: float = 1) -> None:
    """Let its time have come so many days ago."""
    CleanupRule.objects.filter(pk=made.pk).update(next_at=timezone.now() - days * DAY)


def test_it_is_off_until_its_first_preview_is_confirmed(accounts: Site, admin: User, sandbox: Sandbox) -> None:
    made = rule(accounts, admin)
    with pytest.raises(cleanups.Wrong, match="Preview the rule first"):
        ruling.turn_on(made, admin, 3, "Old.", 0, timezone.now())
    first = ruling.preview(made, admin, timezone.now())
    cleaning.run_due()
    assert (made.is_on, first.total, len(state(sandbox)["deployment"])) == (False, 3, 3)
    ruling.turn_on(made, admin, 3, "Old.", 0, timezone.now())
    assert work(first).state == Cleanup.State.PROVEN
    assert (len(state(sandbox)["deployment"]), len(state(sandbox)["build"])) == (1, 0)


def test_what_changed_lately_stays(accounts: Site, admin: User) -> None:
    aged(Deployment, days=19, number=1)
    assert runs.choose(rule(accounts, admin), timezone.now()) == [
        ("deployment", Deployment.objects.get(number=2).key),
        ("build", Build.objects.get().entry.key),
    ]


def test_a_repository_stays_while_something_in_it_is_younger(site: Site, send: Send, admin: User) -> None:
    send("devinfo", repository("r1", commits=[commit("a1")], branches=[branch()]), properties={"account": "a"})
    aged(Repository, Branch)
    made = rule(site, admin)
    assert [kind for kind, _ in runs.choose(made, timezone.now())] == ["branch"]
    aged(Commit)
    assert [kind for kind, _ in runs.choose(made, timezone.now())] == ["repository"]


def test_when_its_time_comes_it_runs_by_itself_for_the_reason_once_given(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    made = turned_on(accounts, admin)
    send("deployments", deployment(9), properties={"account": "a"})
    aged(Deployment)
    later(made)
    assert cleaning.is_anything_due(timezone.now())
    cleaning.run_due()
    second = Cleanup.objects.newest_first()[0]
    assert (second.origin, second.reason, second.confirmed_by) == ("rule", "Kept for 20 days.", admin)
    assert [line["by"] for line in second.history[:2]] == ["the rule “old”", "the rule “old”"]
    assert work(second).state == Cleanup.State.PROVEN
    assert len(state(sandbox)["deployment"]) == 1


def test_days_that_were_missed_do_not_pile_up(accounts: Site, admin: User) -> None:
    made = turned_on(accounts, admin)
    later(made, 3.5)
    aged(Deployment)
    cleaning.run_due()
    made.refresh_from_db()
    assert made.next_at is not None
    assert dt.timedelta(0) < made.next_at - timezone.now() <= DAY / 2
    cleaning.run_due()
    assert made.cleanups.count() == 1  # Nothing was left to delete, which needs no deletion.


def test_one_run_at_a_time(accounts: Site, admin: User, send: Send) -> None:
    Site.objects.update(approval_above=0)
    made = rule(accounts, admin)
    ruling.turn_on(made, admin, ruling.preview(made, admin, timezone.now()).total, "Old.", 0, timezone.now())
    later(made)
    cleaning.run_due()
    assert made.cleanups.get().state == Cleanup.State.AWAITING
    assert not cleaning.is_anything_due(timezone.now())


def test_above_the_sites_limit_its_runs_wait_for_an_admin_who_did_not_turn_it_on(
    accounts: Site, admin: User, send: Send
) -> None:
    made = turned_on(accounts, admin)
    Site.objects.update(approval_above=0)
    send("deployments", deployment(9), properties={"account": "a"})
    aged(Deployment)
    later(made)
    cleaning.run_due()
    second = Cleanup.objects.newest_first()[0]
    assert second.state == Cleanup.State.AWAITING
    with pytest.raises(cleanups.Wrong, match="Nobody approves their own"):
        cleanups.approve(second, admin, timezone.now())
    cleanups.approve(second, builders.user("admin"), timezone.now())
    assert work(second).state == Cleanup.State.PROVEN


def test_what_changed_since_the_preview_is_passed_over(
    accounts: Site, admin: User, send: Send, sandbox: Sandbox
) -> None:
    made = rule(accounts, admin)
    first = ruling.preview(made, admin, timezone.now())
    send("deployments", deployment(1, sequence=9), properties={"account": "a"})
    ruling.turn_on(made, admin, first.total, "Old.", 0, timezone.now())
    assert work(first).state == Cleanup.State.PROVEN
    assert (len(state(sandbox)["deployment"]), first.parts.filter(state="cancelled").count()) == (2, 1)


def test_no_more_than_so_many_go_in_one_run(accounts: Site, admin: User) -> None:
    assert len(runs.choose(rule(accounts, admin), timezone.now(), most=2)) == 2


def test_turned_off_it_does_nothing(accounts: Site, admin: User, send: Send) -> None:
    made = turned_on(accounts, admin)
    ruling.turn_off(made)
    send("deployments", deployment(9), properties={"account": "a"})
    aged(Deployment)
    cleaning.run_due()
    assert (made.is_on, made.cleanups.count()) == (False, 1)
    with pytest.raises(cleanups.Wrong, match="Preview the rule first"):
        ruling.turn_on(made, admin, 1, "Old.", 0, timezone.now())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": " "}, "name"), ({"apis": ()}, "api"), ({"properties": {}}, "property"),
     ({"older_than": 0}, "older_than"), ({"every": 366}, "every")],
)  # fmt: skip
def test_a_rule_that_says_nothing_is_refused_at_its_field(
    site: Site, admin: User, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(cleanups.Wrong) as refused:
        rule(site, admin, **wrong)
    assert refused.value.field == field


def test_two_rules_of_one_name_are_refused(site: Site, admin: User) -> None:
    rule(site, admin)
    with pytest.raises(cleanups.Wrong, match="There is a rule of that name"):
        rule(site, admin)
