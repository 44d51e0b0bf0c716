"""Sending again: what Jira forgot is there once more, and nothing else."""

import json
from typing import Any

import pytest
from django.utils import timezone

from devops_sync import corrections, delivery, errands, feeding, ledger
from devops_sync.corrections import Changes
from devops_sync.deletions import Asked
from devops_sync.models import Build, Deletion, Delivery, Deployment, Entry, Errand, Lane, Site, Submission
from devops_sync.models.balance import balances
from tests import builders
from tests.errands.conftest import Send, deliver, everything, state, work
from tests.payloads import build, commit, deployment, repository
from tests.sandbox_process import Sandbox


def resend(site: Site, chosen: Any = None, **more: Any) -> Errand:
    """Plan to send again what was chosen, or everything, and start."""
    chosen = everything() if chosen is None else chosen
    errand = errands.plan_resend(site, chosen, None, "everything", timezone.now(), **more)
    errands.start(errand, None, timezone.now())
    return errand


def copies(errand: Errand) -> list[str]:
    return sorted(Entry.objects.filter(submission__errand=errand).values_list("outcome", flat=True))


def test_jira_is_rebuilt_from_the_ledger(filled: Site, sandbox: Sandbox) -> None:
    before = state(sandbox)
    assert sum(map(len, before.values())) == 10
    sandbox.reset()
    errand = work(resend(filled))
    assert state(sandbox) == before
    assert (errand.state, errand.total, errand.passed_over) == ("done", 10, 0)
    assert errand.finished_at is not None
    assert errands.progress(errand).accepted == 10


def test_the_plan_says_how_much_it_is_and_how_long_it_takes(filled: Site) -> None:
    errand = errands.plan_resend(filled, everything(), None, "everything", timezone.now())
    kinds = {"deployment": 4, "build": 2, "repository": 1, "commit": 1, "branch": 1, "pull_request": 1}
    assert (errand.state, errand.total, errand.plan["kinds"]) == ("planned", 10, kinds)
    # Two envelopes of deployments, one of builds, one of development information.
    assert errand.plan["requests"] == 4
    assert errand.plan["seconds"] == pytest.approx(4 * errand.plan["pace"])
    assert not Submission.objects.filter(errand=errand).exists()


def test_without_an_answer_so_far_nobody_knows_the_pace(db: None) -> None:
    site = builders.site()
    builders.deployment(site, outcome="waiting")
    plan = errands.plan_resend(site, everything(), None, "everything", timezone.now()).plan
    assert (plan["requests"], plan["pace"], plan["seconds"]) == (1, None, None)


def test_what_matches_nothing_is_no_errand(site: Site) -> None:
    with pytest.raises(errands.Nothing):
        errands.plan_resend(site, {"deployment": Deployment.objects.none()}, None, "nothing", timezone.now())
    assert not Errand.objects.exists()


def test_another_site_is_left_alone(filled: Site) -> None:
    builders.deployment(builders.site("other"))
    assert errands.plan_resend(filled, everything(), None, "everything", timezone.now()).total == 10


def test_copies_say_what_they_send_again_and_current_rows_stay(filled: Site) -> None:
    before = set(Deployment.objects.values_list("entry_id", flat=True))
    errand = work(resend(filled, {"deployment": Deployment.objects.all()}))
    made = Entry.objects.filter(submission__errand=errand).select_related("lane", "submission", "origin")
    assert {one.origin_id for one in made} == before == set(Deployment.objects.values_list("entry_id", flat=True))
    assert {(one.payload, one.envelope_id) for one in made} == {
        (one.origin.payload, one.origin.envelope_id) for one in made if one.origin
    }
    assert {one.lane.priority for one in made if one.lane} == {Lane.Priority.RESENT}
    assert {(one.submission.purpose, one.submission.path) for one in made} == {("resend", f"resend {errand.pk}")}


def test_development_information_leaves_as_backfill(filled: Site, sandbox: Sandbox) -> None:
    work(resend(filled))
    first, again = [
        json.loads(bytes(one.request_body)) for one in Delivery.objects.filter(lane__api="devinfo").order_by("id")
    ]
    assert "operationType" not in first
    assert again["operationType"] == "BACKFILL"
    assert again["repositories"] == first["repositories"]


def test_only_what_is_current_is_sent_unless_history_is_asked_for(filled: Site, sandbox: Sandbox) -> None:
    fourth = {"deployment": Deployment.objects.filter(number=4)}
    assert errands.plan_resend(filled, fourth, None, "the fourth", timezone.now()).total == 1
    errand = work(resend(filled, fourth, with_history=True))
    sent = Entry.objects.filter(submission__errand=errand).order_by("id")
    assert list(sent.values_list("sequence", "outcome")) == [(1, "accepted"), (2, "accepted")]
    assert sandbox.held()["checkout-api", "staging", 4]["sequence"] == 2
    # What was sent again is no version of its own.
    assert errands.plan_resend(filled, fourth, None, "the fourth", timezone.now(), with_history=True).total == 2


def test_of_entries_those_that_are_current_are_sent(filled: Site) -> None:
    chosen = Entry.objects.filter(kind="deployment")
    assert (chosen.count(), errands.plan_resend(filled, chosen, None, "some", timezone.now()).total) == (5, 4)


def test_sending_again_what_was_sent_again_sends_the_first(filled: Site) -> None:
    errand = work(resend(filled, {"build": everything()["build"]}))
    chosen = Entry.objects.filter(submission__errand=errand)
    twice = work(resend(filled, chosen))
    origins = Entry.objects.filter(submission__errand=twice).values_list("origin_id", flat=True)
    assert sorted(origins) == sorted(chosen.values_list("origin_id", flat=True))


def test_what_a_person_sent_again_of_a_rejected_group_is_sent_for_itself(site: Site, send: Send) -> None:
    send("builds", build(1, issueKeys=["LATE-1"]))
    user = builders.user("release-manager")
    (submission,) = corrections.apply(site, list(Entry.objects.all()), Changes(), user, timezone.now()).submissions
    errand = errands.plan_resend(site, submission.entries.all(), None, "the group", timezone.now())
    assert list(errand.items.values_list("entry", flat=True)) == [submission.entries.get().pk]


@pytest.mark.parametrize("changes", [Changes("LATE-", "SHOP-"), Changes()])
def test_history_has_the_correction_and_not_what_it_corrects(site: Site, send: Send, changes: Changes) -> None:
    send("builds", build(1, issueKeys=["LATE-1"]))
    user = builders.user("release-manager")
    (submission,) = corrections.apply(site, list(Entry.objects.all()), changes, user, timezone.now()).submissions
    deliver(site)
    errand = work(resend(site, with_history=True))
    sent = Entry.objects.filter(submission__errand=errand)
    assert list(sent.values_list("origin_id", flat=True)) == [submission.entries.get().pk]


def test_what_was_refused_or_came_late_is_never_sent(site: Site, send: Send) -> None:
    send("deployments", deployment(1, sequence=5), deployment(2, url=7))
    send("deployments", deployment(1, sequence=4))
    for history in (False, True):
        chosen = Entry.objects.all()
        assert errands.plan_resend(site, chosen, None, "all", timezone.now(), with_history=history).total == 1


def test_a_worker_that_dies_in_a_slice_loses_and_doubles_nothing(
    filled: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "SLICE", 3)
    before = state(sandbox)
    sandbox.reset()
    errand = resend(filled)
    calls: list[str] = []

    def dies(errand: Errand, api: str, items: Any, lane_id: int) -> None:
        calls.append(api)
        submit(errand, api, items, lane_id)
        if len(calls) == 2:
            raise RuntimeError("killed")

    submit = feeding._submit
    monkeypatch.setattr(feeding, "_submit", dies)
    feeding.feed()
    errand.refresh_from_db()
    assert (len(copies(errand)), Submission.objects.filter(errand=errand).count()) == (3, 1)
    work(errand)
    assert copies(errand) == ["accepted"] * 10
    assert state(sandbox) == before


def test_little_is_fed_ahead(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "SLICE", 2)
    monkeypatch.setattr(feeding, "MOST_WAITING", 4)
    errand = resend(filled)
    feeding.feed()
    assert copies(errand) == ["waiting"] * 4
    deliver(filled)
    feeding.feed()
    assert copies(errand) == ["accepted"] * 4 + ["waiting"] * 4


def test_a_pause_holds_it_and_it_goes_on_from_there(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "SLICE", 2)
    monkeypatch.setattr(feeding, "MOST_WAITING", 2)
    errand = resend(filled)
    feeding.feed()
    errands.pause(errand, None, timezone.now())
    feeding.feed()
    assert copies(errand) == ["waiting"] * 2
    waiting = Entry.objects.waiting()
    assert (waiting.count(), waiting.free().count()) == (2, 0)
    errands.go_on(errand, None, timezone.now())
    assert waiting.free().count() == 2
    assert work(errand).state == Errand.State.DONE
    assert copies(errand) == ["accepted"] * 10


def test_cancelling_takes_back_what_waits_and_the_balance_holds(
    filled: Site, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "SLICE", 2)
    monkeypatch.setattr(feeding, "MOST_WAITING", 2)
    errand = resend(filled)
    feeding.feed()
    deliver(filled)
    feeding.feed()
    send("deployments", deployment(9), go=False)
    errands.cancel(errand, None, timezone.now())
    feeding.feed()
    assert copies(errand) == ["accepted"] * 2 + ["withdrawn"] * 2
    withdrawn = Entry.objects.filter(submission__errand=errand, outcome="withdrawn")
    assert {tuple(one.messages) for one in withdrawn} == {("The resend was cancelled.",)}
    assert Entry.objects.waiting().count() == 1
    assert (errand.state, errand.is_over, errands.progress(errand).handled) == ("cancelled", True, 4)
    (balance,) = balances([filled.pk]).values()
    assert (balance.missing, balance.received) == (0, 11 + 1 + 4)


@pytest.mark.parametrize(
    ("act", "after"),
    [
        (errands.start, [errands.start]),
        (errands.pause, []),
        (errands.go_on, [errands.start]),
        (errands.cancel, [errands.cancel]),
        (errands.start, [errands.cancel]),
    ],
)
def test_what_cannot_be_done_now_is_said(filled: Site, act: Any, after: list[Any]) -> None:
    errand = errands.plan_resend(filled, everything(), None, "everything", timezone.now())
    for before in after:
        before(errand, None, timezone.now())
    with pytest.raises(errands.WrongState, match=r"^The resend is \w+, so it cannot be [\w ]+\.$"):
        act(errand, None, timezone.now())


def test_a_version_that_was_overtaken_is_passed_over(filled: Site, send: Send, sandbox: Sandbox) -> None:
    errand = resend(filled)
    send("deployments", deployment(1, sequence=7))
    work(errand)
    assert (errand.passed_over, errands.progress(errand).accepted) == (1, 9)
    assert sandbox.held()["checkout-api", "staging", 1]["sequence"] == 7


def delete(site: Site, api: str, **what: Any) -> None:
    ledger.delete(site, Asked(api=api, received_at=timezone.now(), **what))


@pytest.mark.parametrize("history", [False, True])
def test_what_is_deleted_in_between_is_never_brought_back(filled: Site, sandbox: Sandbox, history: bool) -> None:
    errand = resend(filled, with_history=history)
    delete(filled, "deployments", properties={"account": "a"})
    delete(filled, "devinfo", kind="repository", key=("r1",))
    work(errand)
    assert errand.passed_over == 2 + 4
    held = state(sandbox)
    assert sorted(key[-1] for key in held["deployment"]) == [3, 4]
    assert not any(held[kind] for kind in ("repository", "commit", "branch", "pull_request"))


def test_a_deletion_withdraws_what_waits_to_be_sent_again(filled: Site, sandbox: Sandbox) -> None:
    errand = resend(filled)
    feeding.feed()
    delete(filled, "builds", kind="build", key=("checkout-api", 1))
    withdrawn = Entry.objects.get(outcome="withdrawn")
    assert (withdrawn.submission.errand_id, withdrawn.kind) == (errand.pk, "build")
    work(errand)
    assert [key[-1] for key in state(sandbox)["build"]] == [2]


def test_history_from_before_a_deletion_stays_away(filled: Site, send: Send) -> None:
    delete(filled, "builds", kind="build", key=("checkout-api", 1))
    delete(filled, "devinfo", kind="repository", key=("r1",))
    send("builds", build(1, sequence=9))
    send("devinfo", repository(sequence=9, commits=[commit(sequence=9)]))
    errand = work(resend(filled, with_history=True))
    sent = Entry.objects.filter(submission__errand=errand, kind__in=["build", "commit"]).order_by("kind", "key")
    assert list(sent.values_list("kind", "sequence")) == [("build", 9), ("build", 1), ("commit", 9)]


def test_what_was_deleted_is_sent_where_that_was_asked_for(filled: Site, sandbox: Sandbox) -> None:
    delete(filled, "builds", kind="build", key=("checkout-api", 1))
    deliver(filled)
    errand = resend(filled, {"build": everything()["build"]}, with_deleted=True)
    delete(filled, "builds", kind="build", key=("checkout-api", 2))
    work(errand)
    assert (errand.total, errand.passed_over) == (2, 1)
    assert [key[-1] for key in state(sandbox)["build"]] == [1]


@pytest.mark.parametrize("history", [False, True])
def test_what_was_deleted_and_is_sent_again_is_alive_again(filled: Site, sandbox: Sandbox, history: bool) -> None:
    delete(filled, "deployments", properties={"account": "a"})
    delete(filled, "devinfo", kind="repository", key=("r1",))
    deliver(filled)
    before = {name: rows.alive().count() for name, rows in everything().items()}
    chosen = {name: rows for name, rows in everything().items() if name != "build"}
    work(resend(filled, chosen, with_deleted=True, with_history=history))
    alive = {name: rows.alive().count() for name, rows in everything().items()}
    assert alive == {"deployment": 4, "build": 2, "repository": 1, "commit": 1, "branch": 1, "pull_request": 1}
    assert alive == {name: len(held) for name, held in state(sandbox).items()} != before
    assert Deletion.objects.count() == 2


def test_nothing_is_brought_back_before_its_deletion_has_left(filled: Site, sandbox: Sandbox) -> None:
    delete(filled, "builds", kind="build", key=("checkout-api", 1))
    errand = resend(filled, {"build": everything()["build"]}, with_deleted=True)
    # Held, so that resent history does not wait for it anyway.
    live = Lane.objects.live().filter(site=filled, api="builds")
    live.update(held_at=timezone.now(), held_reason="Somebody has to look.")
    feeding.feed()
    delivery.run(Lane.objects.get(site=filled, api="builds", priority=Lane.Priority.RESENT).pk)
    live.update(held_at=None)
    work(errand)
    alive = everything()["build"].alive().values_list("number", flat=True)
    assert sorted(alive) == sorted(key[-1] for key in state(sandbox)["build"]) == [1, 2]


@pytest.mark.parametrize("history", [False, True])
def test_what_a_cancelled_resend_would_have_brought_back_is_deleted_as_before(filled: Site, history: bool) -> None:
    delete(filled, "builds", kind="build", key=("checkout-api", 1))
    deliver(filled)
    before = Build.objects.get(number=1).deleted_at
    errand = resend(filled, {"build": everything()["build"]}, with_deleted=True, with_history=history)
    feeding.feed()
    assert everything()["build"].alive().count() == 2
    errands.cancel(errand, None, timezone.now())
    assert Build.objects.get(number=1).deleted_at == before
    assert Build.objects.get(number=2).deleted_at is None


def test_what_is_deleted_after_the_plan_stays_deleted(filled: Site) -> None:
    errand = resend(filled, {"build": everything()["build"]}, with_deleted=True)
    delete(filled, "builds", kind="build", key=("checkout-api", 2))
    work(errand)
    assert list(everything()["build"].alive().values_list("number", flat=True)) == [1]


def test_balance_holds_with_resends(filled: Site) -> None:
    work(resend(filled))
    (balance,) = balances([filled.pk]).values()
    assert (balance.missing, balance.received, balance.by_outcome) == (0, 21, {"accepted": 21})


@pytest.mark.parametrize("with_history", [False, True])
def test_what_a_deletion_spared_brings_no_deleted_repository_back(
    with_history: bool, site: Site, send: Send, sandbox: Sandbox
) -> None:
    send("devinfo", repository(updateSequenceId=5, commits=[commit(updateSequenceId=20)]))
    gone = Asked("devinfo", timezone.now(), kind="repository", key=("r1",), until_sequence=10)
    ledger.delete(site, gone)
    deliver(site)
    assert (len(state(sandbox)["repository"]), len(state(sandbox)["commit"])) == (0, 1)
    errand = work(resend(site, with_history=with_history))
    assert (errand.state, errand.total, errand.passed_over) == ("done", 1, 1)
    assert state(sandbox)["repository"] == {}
    work(resend(site, with_deleted=True))
    assert (len(state(sandbox)["repository"]), len(state(sandbox)["commit"])) == (1, 1)
