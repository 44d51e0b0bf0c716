"""A repository that travels with what lies in it arrives as it was submitted."""

from django.utils import timezone

from devops_sync import corrections, delivery, errands, feeding, ledger
from devops_sync.corrections import Changes
from devops_sync.deletions import Asked
from devops_sync.delivery.batch import next_batch
from devops_sync.delivery.clients import client_of
from devops_sync.kinds import KINDS
from devops_sync.models import Entry, Lane, Repository, Site
from tests import builders
from tests.payloads import bulk_of, commit, repository
from tests.sandbox_process import Sandbox


def test_a_repository_keeps_the_properties_that_it_was_submitted_with(site: Site, sandbox: Sandbox) -> None:
    submit_two_versions(site)
    assert Repository.objects.get().property_set.pairs == {"account": "berta"}
    assert sandbox.held(kind="repository")[("r",)]["properties"] == {"account": "berta"}


def test_deleting_one_account_keeps_the_other_accounts_commits(site: Site, sandbox: Sandbox) -> None:
    lane = submit_two_versions(site)
    ledger.delete(site, Asked("devinfo", timezone.now(), properties={"account": "anna"}))
    delivery.run(lane.pk)
    assert ("r", "b1") in sandbox.held(kind="commit")


def test_a_version_that_only_travelled_goes_with_the_account_that_it_was_overtaken_by(
    site: Site, sandbox: Sandbox
) -> None:
    lane = Lane.objects.get(site=site, api="devinfo")
    submit(site, "berta", repository("r", 2, commits=[commit("b1", 1)]))
    submit(site, "anna", repository("r", 1, commits=[commit("a1", 1)]))
    ledger.delete(site, Asked("devinfo", timezone.now(), properties={"account": "berta"}))
    delivery.run(lane.pk)
    assert sandbox.held(kind="repository") == {}
    assert sandbox.held(kind="commit") == {}


def test_a_correction_that_is_sent_again_travels_with_the_repository_of_its_origin(site: Site) -> None:
    submit(site, "anna", repository("r", 1, commits=[commit("a1", 1, issueKeys=["NOPE-1"])]))
    lane = Lane.objects.get(site=site, api="devinfo")
    delivery.run(lane.pk)
    rejected = Entry.objects.filter(outcome="rejected")
    user = builders.user("release-manager")
    corrections.apply(site, list(rejected), Changes("NOPE-", "SHOP-"), user, timezone.now())
    delivery.run(lane.pk)
    submit(site, "berta", repository("r", 2, name="Berta's"))
    chosen = {"commit": KINDS["commit"].model._default_manager.all()}
    errands.start(errands.plan_resend(site, chosen, None, "the commit", timezone.now()), None, timezone.now())
    feeding.feed()
    resent = Lane.objects.get(site=site, api="devinfo", priority=Lane.Priority.RESENT)
    batch = next_batch(resent)
    assert batch is not None
    assert b"Berta" not in batch.request(client_of(site)).body


def submit_two_versions(site: Site) -> Lane:
    """Anna's repository, once more unchanged with another commit, and then Berta's version of it, which overtakes."""
    lane = Lane.objects.get(site=site, api="devinfo")
    submit(site, "anna", repository("r", 1, commits=[commit("a1", 1)]))
    delivery.run(lane.pk)
    submit(site, "anna", repository("r", 1, commits=[commit("a2", 1)]))
    submit(site, "berta", repository("r", 2, commits=[commit("b1", 1)]))
    delivery.run(lane.pk)
    return lane


def submit(site: Site, account: str, *repositories: object) -> None:
    body = bulk_of("devinfo", *repositories, properties={"account": account})
    ledger.submit(ledger.Arrival("devinfo", "/bulk", body, timezone.now(), len(body), site=site))
