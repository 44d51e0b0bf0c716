"""Removing a site: no secret, no token, nothing sent, and all of its history readable."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from devops_sync import ledger, pauses, roles, site_removal, sites, tasks, tokens, vault
from devops_sync.deletions import Asked
from devops_sync.doctor import sites as doctor_sites
from devops_sync.models import (
    Confirmation,
    Deletion,
    Deployment,
    Entry,
    Errand,
    Lane,
    Site,
    Token,
    User,
)
from devops_sync.models.audit import AuditRow
from devops_sync.models.balance import balance
from devops_sync.models.due import oldest_due
from devops_sync.wrong import Wrong
from tests import builders
from tests.payloads import bulk, deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return builders.site("retail")


@pytest.fixture
def ada() -> User:
    return builders.user("admin", name="ada")


def submit(site: Site, number: int = 1) -> None:
    body = bulk(deployment(number))
    ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))


def remove(site: Site, *, typed: str = "retail", frees_name: bool = False) -> Site:
    site.refresh_from_db()
    if not site.is_paused:
        pauses.pause(site, None, "", timezone.now())
    site_removal.remove(site, None, typed, timezone.now(), frees_name=frees_name)
    return site


def test_its_secret_is_erased_and_its_tokens_end(site: Site) -> None:
    token = builders.token(site)
    sealed = bytes(site.sealed_secret)
    remove(site)
    token.refresh_from_db()
    assert (bytes(site.sealed_secret), token.state(timezone.now())) == (b"", "revoked")
    with pytest.raises(vault.CannotOpen):
        _ = site.secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM site WHERE position(%s IN sealed_secret) > 0", [sealed])
        assert cursor.fetchone() == (0,)


def test_what_waits_is_written_off_and_accounted_for(site: Site) -> None:
    for number in range(3):
        submit(site, number)
    ledger.delete(site, Asked("deployments", timezone.now(), "deployment", ("checkout-api", "staging", 1)))
    entry = builders.deployment(site).entry
    Confirmation.objects.create(entry=entry, asked_at=timezone.now(), due_at=timezone.now())
    left = site_removal.look(site)
    assert (left.entries, left.deletions, left.read_backs) == (2, 1, 1)
    remove(site)
    assert site_removal.look(site).is_nothing
    withdrawn = Entry.objects.filter(outcome="withdrawn").exclude(errors=[])
    assert {one.errors[0]["message"] for one in withdrawn} == {"The site was removed before it was sent."}
    assert Deletion.objects.get().messages == ["The site was removed before it was sent."]
    assert balance([site.pk]).missing == 0
    assert oldest_due(timezone.now()) is None


def test_its_history_stays(site: Site, ada: User) -> None:
    one = builders.deployment(site)
    remove(site)
    assert Deployment.objects.of([site]).get() == one
    assert site in roles.sites(ada)


def test_nothing_can_be_asked_of_it_any_more(site: Site, ada: User) -> None:
    remove(site)
    assert roles.may(ada, "read", site)
    assert not [act for act in roles.ON_CONNECTED_SITES if roles.may(ada, act, site) or site in roles.sites(ada, act)]
    with pytest.raises(ledger.Refused, match="was removed"):
        submit(site)
    with pytest.raises(Wrong, match="was removed"):
        tokens.create("ci", site, ["write"], timezone.now())
    with pytest.raises(Wrong, match="was removed"):
        pauses.resume(site)


def test_errands_and_rules_of_it_end(site: Site) -> None:
    errand = builders.errand(builders.deployment(site), state=Errand.State.RUNNING)
    rule = builders.cleanup_rule(site)
    rule.is_on, rule.next_at = True, timezone.now()
    rule.save()
    remove(site)
    errand.refresh_from_db()
    rule.refresh_from_db()
    assert (errand.state, rule.is_on) == ("cancelled", False)


def test_a_deletion_that_is_not_over_stands_in_the_way(site: Site) -> None:
    begun = builders.cleanup(site)
    begun.state = "paused"
    begun.save()
    with pytest.raises(Wrong, match=f"A deletion is not over: {begun.pk}"):
        remove(site)
    begun.state = "proven"
    begun.save()
    assert remove(site).is_removed


def test_it_is_paused_first_and_nothing_may_be_on_its_way(site: Site) -> None:
    with pytest.raises(Wrong, match="Pause the site first"):
        site_removal.remove(site, None, "retail", timezone.now(), frees_name=False)
    lane = builders.lane(site, leased_by="a worker", leased_until=timezone.now() + dt.timedelta(seconds=5))
    with pytest.raises(Wrong, match="still on its way"):
        remove(site)
    Lane.objects.filter(pk=lane.pk).update(leased_until=None)
    assert remove(site).is_removed
    with pytest.raises(Wrong, match="removed already"):
        site_removal.remove(site, None, "retail", timezone.now(), frees_name=False)


@pytest.mark.parametrize("typed", ["", "Retail", "retail ", "other"])
def test_its_name_has_to_be_typed(typed: str, site: Site) -> None:
    token = builders.token(site)
    with pytest.raises(Wrong, match="Type the short name") as wrong:
        remove(site, typed=typed)
    token.refresh_from_db()
    assert (wrong.value.about, token.revoked_at) == ("typed", None)


def test_its_name_stays_taken_unless_it_is_freed(site: Site) -> None:
    remove(site)
    assert (site.slug, site.former_slug) == ("retail", "")
    with pytest.raises(Wrong, match="A site is named 'retail' already"):
        sites._refuse_taken_name("retail")


def test_a_freed_name_can_be_taken_again_and_again(site: Site) -> None:
    remove(site, frees_name=True)
    again = remove(builders.site("retail"), frees_name=True)
    assert [one.slug for one in (site, again)] == ["retail-removed", "retail-removed-2"]
    assert {site.former_slug, again.former_slug} == {"retail"}
    assert builders.site("retail").cloud_id == site.cloud_id


def test_the_same_jira_can_be_connected_again(site: Site) -> None:
    remove(site)
    sites._refuse_known(site.cloud_id)
    assert not Site.objects.connected().filter(cloud_id=site.cloud_id).exists()


def test_it_is_noted_without_a_secret(site: Site) -> None:
    builders.token(site)
    submit(site)
    remove(site)
    noted = list(AuditRow.objects.order_by("pk").values_list("act", flat=True))
    assert noted[-2:] == ["token.revoked", "site.removed"]
    last = AuditRow.objects.get(act="site.removed")
    assert '"entries":1' in last.after
    assert "not a secret" not in last.after + last.before


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_in_that_moment_is_not_left_waiting(site: Site) -> None:
    """Somebody sends on while the site goes: nobody is locked out for good, and nothing waits for ever."""
    stale = Site.objects.get()
    refused: list[Exception] = []
    start = threading.Event()

    def send() -> None:
        start.set()
        try:
            for number in range(40):
                submit(stale, number)
        except ledger.Refused as error:
            refused.append(error)
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    start.wait(5)
    remove(site, frees_name=True)
    sender.join(30)
    assert not sender.is_alive()
    tasks.written_off.write_off_late(timezone.now())
    assert not Entry.objects.waiting().exists()
    assert Entry.objects.count() == 40


def test_signing_in_with_its_token_is_over(site: Site, client: Callable[..., object]) -> None:
    secret = Token.create("ci", site, ["write"], timezone.now())[2]
    remove(site)
    answer = client.post(  # type: ignore[attr-defined]
        "/rest/deployments/0.1/bulk",
        bulk(deployment()),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 401


def test_the_doctor_looks_for_nothing_of_it(site: Site) -> None:
    builders.lane(site, held_at=timezone.now(), held_reason="403.")
    remove(site)
    assert {one.state for one in (*doctor_sites.secrets(), *doctor_sites.lanes())} == {"ok"}
