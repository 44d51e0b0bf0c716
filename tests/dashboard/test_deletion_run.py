"""A deletion's run: what Jira answered to each request, what stands before the next, and who may steer it."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync import cleaning, cleanups
from devops_sync.models import Cleanup, CleanupPart, Deletion, Delivery, ProofReading, Site, User
from devops_sync.models.cleanup import said
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def planned(site: Site, *, user: User | None = None) -> Cleanup:
    """A deletion by property over two APIs, previewed."""
    builders.deployment(site, properties={"account": "a"})
    builders.build(site, properties={"account": "a"})
    by = cleanups.Asker(Cleanup.Origin.PAGE, user or builders.user("admin"))
    return cleanups.plan_by_properties(site, ["deployments", "builds"], {"account": "a"}, by, timezone.now())


def running(site: Site) -> Cleanup:
    """One whose deletions stand in their lanes."""
    cleanup = planned(site)
    cleanups.confirm(cleanup, cleanup.user, cleanup.total, "The account is closed.", 0, timezone.now())
    cleaning.run(cleanup.pk)
    cleanup.refresh_from_db()
    return cleanup


def by_keys(site: Site, many: int) -> Cleanup:
    chosen = [("deployment", builders.deployment(site).key) for _ in range(many)]
    by = cleanups.Asker(Cleanup.Origin.PAGE, builders.user("admin"))
    cleanup = cleanups.plan_by_keys(site, chosen, "some of a list", by, timezone.now())
    cleanups.confirm(cleanup, cleanup.user, cleanup.total, "A mistake.", 0, timezone.now())
    cleaning.run(cleanup.pk)
    return cleanup


def answer(deletion: Deletion, status: int = 202, *, outcome: str = "accepted", **more: object) -> Delivery:
    now = timezone.now()
    Deletion.objects.filter(pk=deletion.pk).update(outcome=outcome, outcome_at=now, **more)
    return Delivery.objects.create(
        lane=deletion.lane, fence=1, entry_ids=[], deletion=deletion, method="DELETE", url="https://x.example/bulk",
        request_headers={}, request_body=b"", request_sha256=b"x" * 32, started_at=now,
        finished_at=now + dt.timedelta(milliseconds=612), status=status, verdict="received",
    )  # fmt: skip


def page(client: Client, cleanup: Cleanup) -> str:
    answered = client.get(f"/deletions/{cleanup.pk}/run/")
    assert answered.status_code == 200
    return " ".join(answered.content.decode().split())


def part(cleanup: Cleanup, api: str) -> CleanupPart:
    return cleanup.parts.select_related("deletion__lane").get(api=api)


def deletion_of(cleanup: Cleanup, api: str = "deployments") -> Deletion:
    found = part(cleanup, api).deletion
    assert found is not None
    return found


def test_each_api_shows_its_answer_or_what_stands_before_it(retail: Site, admin: Client) -> None:
    builders.entry(retail, outcome="waiting")
    builders.entry(retail, outcome="waiting")
    cleanup = running(retail)
    answer(deletion_of(cleanup, "builds"))
    html = page(admin, cleanup)
    assert "<strong>1 of 2 APIs have been asked.</strong>" in html
    assert "Jira answered 202" in html
    assert "answered in 612 ms" in html
    assert "Behind 2 submissions" in html
    assert "1 of 1 marked as deleted" in html
    assert "No more match than in the preview" in html


def test_how_long_what_stands_before_it_takes_is_told_by_the_lanes_pace(retail: Site, admin: Client) -> None:
    for _ in range(30):
        builders.entry(retail, at=timezone.now() - dt.timedelta(minutes=2))
    builders.entry(retail, outcome="waiting")
    assert "the lane keeps the order, less than a minute" in page(admin, running(retail))


def test_what_jira_did_not_take_says_why(retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    answer(deletion_of(cleanup), 400, outcome="rejected", errors=[{"message": "No such property"}])
    html = page(admin, cleanup)
    assert "Jira answered 400" in html
    assert "No such property." in html


def test_it_is_paused_gone_on_with_and_cancelled(retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    address = f"/deletions/{cleanup.pk}/"
    for step, state in (("pause", "paused"), ("go-on", "delayed"), ("cancel", "cancelled")):
        assert admin.post(f"{address}{step}").status_code == 302
        cleanup.refresh_from_db()
        assert cleanup.state == state
    html = page(admin, cleanup)
    assert "It was cancelled" in html
    assert 'id="again"' in html
    refused = admin.post(f"{address}pause")
    assert refused.status_code == 409
    assert b"The deletion is cancelled, so it cannot be paused." in refused.content


@pytest.mark.parametrize(("role", "may_read", "may_steer"), [
    ("viewer", False, False), ("release-manager", False, False), ("auditor", True, False), ("admin", True, True),
])  # fmt: skip
def test_auditors_look_and_admins_steer(
    role: str, may_read: bool, may_steer: bool, retail: Site, signed_in: Callable[..., Client]
) -> None:
    cleanup, client = running(retail), signed_in(role)
    got = client.get(f"/deletions/{cleanup.pk}/run/")
    assert (got.status_code, b'id="pause"' in got.content) == (200 if may_read else 403, may_steer)
    assert client.post(f"/deletions/{cleanup.pk}/pause").status_code == (302 if may_steer else 403)


def test_one_of_another_site_is_not_there(retail: Site, foreign: Site, admin: Client) -> None:
    cleanup = running(foreign)
    assert admin.get(f"/deletions/{cleanup.pk}/run/").status_code == 404
    assert admin.post(f"/deletions/{cleanup.pk}/pause").status_code == 404


def test_stopped_it_says_why_and_what_to_do(retail: Site, admin: Client) -> None:
    cleanup = planned(retail)
    builders.deployment(retail, properties={"account": "a"})
    cleanups.confirm(cleanup, cleanup.user, cleanup.total, "Closed.", 0, timezone.now())
    cleaning.run(cleanup.pk)
    html = page(admin, cleanup)
    assert "1 entity matches that the preview did not show." in html
    assert "Preview it again to see what matches now" in html


def test_who_and_why_stand_beside_it(retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    assert cleanup.user is not None
    html = page(admin, cleanup)
    assert f"{cleanup.user.get_username()} confirmed it" in html
    assert "“The account is closed.”, typed 2" in html


def test_keys_are_summed_and_the_first_that_jira_did_not_take_are_named(retail: Site, admin: Client) -> None:
    cleanup = by_keys(retail, 14)
    Deletion.objects.update(outcome="rejected", outcome_at=timezone.now(), errors=[{"message": "Gone already"}])
    first = deletion_of_first(cleanup)
    Deletion.objects.filter(pk=first.pk).update(outcome="accepted", errors=[])
    html = page(admin, cleanup)
    assert "<strong>14 of 14 requests are answered.</strong>" in html
    assert "Jira took 1<" in html
    assert "13 not taken" in html
    assert html.count("Gone already.") == 10
    assert "The first 10 of 13." in html


def deletion_of_first(cleanup: Cleanup) -> Deletion:
    found = cleanup.parts.select_related("deletion").order_by("position")[0].deletion
    assert found is not None
    return found


def test_what_is_read_back_is_counted(retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    now = timezone.now()
    for position, result in enumerate(["gone", "gone", "", "newer"]):
        ProofReading.objects.create(
            cleanup=cleanup, position=position, api="deployments", kind="deployment", key='["a","b",1]', due_at=now,
            result=result, tries=1, answered_at=now if result else None,
        )  # fmt: skip
    html = page(admin, cleanup)
    assert "3 of 4 gone" in html
    assert "1 answer to come" in html


def test_a_clients_own_is_shown_the_same(retail: Site, admin: Client) -> None:
    builders.deployment(retail, properties={"account": "a"})
    asker = cleanups.Asker(Cleanup.Origin.GATEWAY, token=builders.token(retail))
    cleanup = cleanups.plan_by_properties(retail, ["deployments"], {"account": "a"}, asker, timezone.now(), begins=True)
    cleaning.run(cleanup.pk)
    html = page(admin, cleanup)
    assert "Asked for by ci-gitlab" in html
    assert "a client's own request stops for nothing" in html
    assert 'id="step-confirm"' not in html


def test_it_follows_while_it_moves_and_stands_still_when_over(retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    assert 'hx-trigger="every 2000ms' in page(admin, cleanup)
    Cleanup.objects.update(state="proven", finished_at=timezone.now())
    assert "hx-trigger" not in page(admin, cleanup)


@pytest.mark.parametrize("state", Cleanup.State.values)
def test_every_state_has_its_sentence(state: str, retail: Site, admin: Client) -> None:
    cleanup = running(retail)
    Cleanup.objects.update(
        state=state, starts_at=timezone.now(), asked_all_at=timezone.now(), finished_at=timezone.now(),
        stopped_for="Somebody cancelled it.", history=[said(timezone.now(), "Waybill", f"ended it: {state}")],
    )  # fmt: skip
    assert "<strong>" in page(admin, cleanup)


@pytest.mark.parametrize("many", [2, 40])
def test_the_queries_do_not_grow_with_it(
    many: int, retail: Site, admin: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    cleanup = by_keys(retail, many)
    page(admin, cleanup)
    with django_assert_max_num_queries(18):  # type: ignore[attr-defined]
        page(admin, cleanup)
