"""Clean-ups beside other deletions and resends of the same things: nobody's is undone, and none takes more."""

from typing import Any

import pytest
from django.utils import timezone

from devops_sync import cleaning, cleanups, errands, feeding, ledger
from devops_sync.cleaning import marking, matching, placing
from devops_sync.deletions import Asked
from devops_sync.models import Cleanup, Commit, Deployment, Entry, Errand, Repository, Site, User
from tests.errands.conftest import Send, deliver, everything, state
from tests.errands.conftest import work as send_again
from tests.payloads import commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import confirm, plan, work

pytestmark = pytest.mark.django_db(transaction=True)
KEY = ("checkout-api", "staging", 1)


@pytest.fixture
def two(site: Site, send: Send) -> Site:
    send("deployments", deployment(1), deployment(2), properties={"account": "a", "tool": "ci"})
    return site


@pytest.mark.parametrize("by", [{"kind": "deployment", "key": KEY}, {"properties": {"tool": "ci"}}])
def test_what_another_deletion_took_stays_deleted_when_this_one_is_cancelled(
    by: dict[str, object], two: Site, admin: User, sandbox: Sandbox
) -> None:
    cleanup = confirm(plan(two, admin, account="a"), admin)
    cleaning.run_due()
    ledger.delete(two, Asked("deployments", timezone.now(), **by))  # type: ignore[arg-type]
    cleanups.cancel(cleanup, admin, timezone.now())
    work(cleanup)
    alive = {row.number for row in Deployment.objects.filter(deleted_at=None)}
    assert alive == {int(str(key[2])) for key in state(sandbox)["deployment"]}
    assert len(alive) == (1 if "key" in by else 0)


def test_what_another_had_marked_and_gave_back_is_more_than_the_preview_showed(
    two: Site, admin: User, sandbox: Sandbox
) -> None:
    first = confirm(plan(two, admin, account="a"), admin)
    cleaning.run_due()
    second = plan(two, admin, tool="ci")
    assert second.total == 0
    cleanups.cancel(first, admin, timezone.now())
    assert work(confirm(second, admin)).state == Cleanup.State.STOPPED
    assert len(state(sandbox)["deployment"]) == 2


def test_what_is_given_back_after_all_was_marked_is_more_than_the_preview_showed(
    two: Site, admin: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = confirm(plan(two, admin, account="a"), admin)
    cleaning.run_due()
    second, stand = confirm(plan(two, admin, ("deployments",), tool="ci"), admin), placing.stand

    def after_the_first_is_cancelled(*given: Any) -> Any:
        cleanups.cancel(first, admin, timezone.now())
        return stand(*given)

    monkeypatch.setattr(placing, "stand", after_the_first_is_cancelled)
    cleaning.run_due()
    monkeypatch.undo()
    assert work(second).state == Cleanup.State.STOPPED
    assert (len(state(sandbox)["deployment"]), Deployment.objects.alive().count()) == (2, 2)


def test_what_was_withdrawn_is_sent_though_a_newer_version_came_before_it_was_cancelled(
    two: Site, admin: User, send: Send
) -> None:
    send("deployments", deployment(1, sequence=2), properties={"account": "a"}, go=False)
    cleanup = confirm(plan(two, admin, account="a"), admin)
    cleaning.run_due()
    send("deployments", deployment(1, sequence=3), properties={"account": "a"}, go=False)
    cleanups.cancel(cleanup, admin, timezone.now())
    work(cleanup)
    assert set(Entry.objects.values_list("outcome", flat=True)) == {"accepted"}


def test_what_is_sent_again_and_still_waits_is_not_counted_as_being_in_jira(two: Site, admin: User) -> None:
    work(confirm(plan(two, admin, account="a"), admin))
    now = timezone.now()
    errand = errands.plan_resend(two, everything(), None, "everything", now, with_deleted=True)
    errands.start(errand, None, now)
    feeding.feed()
    cleanup = plan(two, admin, account="a")
    assert (cleanup.total, cleanup.waiting) == (0, 2)
    send_again(errand)
    assert plan(two, admin, account="a").total == 2


def test_a_key_that_was_deleted_and_waits_again_is_not_counted_as_being_in_jira(
    two: Site, admin: User, send: Send
) -> None:
    ledger.delete(two, Asked("deployments", timezone.now(), kind="deployment", key=KEY))
    send("deployments", deployment(1), go=False)
    chosen = [("deployment", '["checkout-api","staging",1]')]
    asker = cleanups.Asker(Cleanup.Origin.PAGE, admin)
    cleanup = cleanups.plan_by_keys(two, chosen, "one deployment", asker, timezone.now())
    assert (cleanup.total, cleanup.waiting) == (0, 1)


def test_what_gets_other_properties_while_it_is_marked_stays(
    two: Site, admin: User, send: Send, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleanup, find = confirm(plan(two, admin, account="a"), admin), matching.ids

    def found_before_somebody_submits(*given: Any, **more: Any) -> list[int]:
        numbers = find(*given, **more)
        send("deployments", deployment(1, sequence=5), properties={"account": "b"}, go=False)
        return numbers

    monkeypatch.setattr(matching, "ids", found_before_somebody_submits)
    cleaning.run_due()
    monkeypatch.undo()
    assert work(cleanup).state == Cleanup.State.PROVEN
    assert Deployment.objects.get(deleted_at=None).number == 1
    assert len(state(sandbox)["deployment"]) == 1


def test_what_lies_in_a_repository_stays_with_it(
    site: Site, admin: User, send: Send, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    send("devinfo", repository(), properties={"account": "a"})
    send("devinfo", repository(commits=[commit()]), properties={"account": "b"})
    cleanup, stand = confirm(plan(site, admin, ("devinfo",), account="a"), admin), placing.stand

    def after_somebody_submits(*given: Any) -> Any:
        send("devinfo", repository(sequence=2), properties={"account": "b"}, go=False)
        return stand(*given)

    monkeypatch.setattr(placing, "stand", after_somebody_submits)
    cleaning.run_due()
    monkeypatch.setattr(placing, "stand", stand)
    work(cleanup)
    assert (Repository.objects.alive().count(), Commit.objects.alive().count()) == (1, 1)
    assert (len(state(sandbox)["repository"]), len(state(sandbox)["commit"])) == (1, 1)


@pytest.fixture
def overtaken(two: Site, admin: User, send: Send) -> Cleanup:
    """A clean-up that stands in its lane, with lower versions behind it that began new lives."""
    send("deployments", deployment(2, sequence=9, label="waits"), properties={"account": "a"}, go=False)
    send("deployments", deployment(3, sequence=5, label="v5"), properties={"account": "a"})
    cleanup = confirm(plan(two, admin, account="a"), admin)
    cleaning.run_due()
    for number, sequence in ((3, 3), (3, 4), (2, 8), (1, 2)):
        send("deployments", deployment(number, sequence, label="lower"), properties={"account": "b"}, go=False)
    return cleanup


@pytest.mark.parametrize("act", [cleanups.pause, cleanups.cancel])
def test_what_began_a_new_life_behind_one_that_is_taken_back_is_judged_again(
    act: Any, overtaken: Cleanup, admin: User, sandbox: Sandbox
) -> None:
    act(overtaken, admin, timezone.now())
    rows = {row.number: row for row in Deployment.objects.select_related("property_set")}
    assert {number: (row.sequence, row.label, row.deleted_at) for number, row in rows.items()} == {
        1: (2, "lower", None),
        2: (9, "waits", None),
        3: (5, "v5", None),
    }
    assert [rows[number].property_set.pairs["account"] for number in (1, 2, 3)] == ["b", "a", "a"]
    assert Entry.objects.filter(outcome="out_of_order").count() == 3
    deliver(overtaken.site)
    held = {int(str(key[2])): one["sequence"] for key, one in state(sandbox)["deployment"].items()}
    assert held == {number: row.sequence for number, row in rows.items()}


def test_what_another_deletion_takes_of_it_is_deleted_by_that_one(
    overtaken: Cleanup, admin: User, sandbox: Sandbox
) -> None:
    ledger.delete(overtaken.site, Asked("deployments", timezone.now(), properties={"account": "a"}))
    cleanups.cancel(overtaken, admin, timezone.now())
    work(overtaken)
    alive = {row.number for row in Deployment.objects.filter(deleted_at=None)}
    assert alive == {int(str(key[2])) for key in state(sandbox)["deployment"]} == {1}


def test_a_new_life_behind_one_that_ran_stays_what_it_is(overtaken: Cleanup, sandbox: Sandbox) -> None:
    work(overtaken)
    held = {int(str(key[2])): one["sequence"] for key, one in state(sandbox)["deployment"].items()}
    rows = Deployment.objects.filter(deleted_at=None)
    assert held == dict(rows.values_list("number", "sequence")) == {1: 2, 2: 8, 3: 4}


@pytest.fixture
def sent_again(two: Site) -> Errand:
    """An errand that sends the two again, the first one of its site: there is no lane for it yet."""
    now = timezone.now()
    errand = errands.plan_resend(two, everything(), None, "everything", now)
    errands.start(errand, None, now)
    return errand


def test_what_is_sent_again_while_it_is_marked_goes_with_it(
    sent_again: Errand, admin: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleanup, find = confirm(plan(sent_again.site, admin, account="a"), admin), matching.ids

    def found_before_it_is_fed(*given: Any, **more: Any) -> list[int]:
        numbers = find(*given, **more)
        feeding.feed()
        return numbers

    monkeypatch.setattr(matching, "ids", found_before_it_is_fed)
    cleaning.run_due()
    monkeypatch.undo()
    assert list(Entry.objects.filter(origin__isnull=False).values_list("outcome", flat=True)) == ["withdrawn"] * 2
    work(cleanup)
    assert (state(sandbox)["deployment"], Deployment.objects.alive().count()) == ({}, 0)


def test_what_is_sent_again_goes_with_a_deletion_by_key_also_while_it_is_marked_by_another(
    sent_again: Errand, admin: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleanup = confirm(plan(sent_again.site, admin, account="a"), admin)
    feeding.feed()

    def deleted_by_key(*_: Any) -> None:
        ledger.delete(sent_again.site, Asked("deployments", timezone.now(), kind="deployment", key=KEY))
        cleanups.cancel(cleanup, admin, timezone.now())

    monkeypatch.setattr(marking, "_withdraw_slice", deleted_by_key)
    cleaning.run_due()
    monkeypatch.undo()
    work(cleanup)
    alive = {row.number for row in Deployment.objects.alive()}
    assert alive == {int(str(key[2])) for key in state(sandbox)["deployment"]} == {2}
