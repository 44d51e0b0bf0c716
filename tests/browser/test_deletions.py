"""Deleting by property in a browser: previewed, confirmed, approved by a second admin, run, proven.

With `DELETED=12000` in the environment as many entities go as in the checklist of a release; some hundreds by default.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from devops_sync import cleaning, ledger
from devops_sync.cleaning import proving
from devops_sync.delivery import reading
from devops_sync.models import Cleanup, Site
from tests import builders
from tests.cleanups.conftest import work
from tests.errands.conftest import Send, deliver, state
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site
from tests.payloads import build, bulk_of, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import Open

pytestmark = pytest.mark.needs("chromium")
MANY = int(os.environ.get("DELETED", "300"))
GONE = {"accountId": "acct-7f21c9", "tool": "ci"}
STAYS = {"accountId": "acct-stays", "tool": "ci"}
SUBMISSION = 100


@pytest.fixture(autouse=True)
def _committed(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the browser sees what the test wrote. The sandbox deletes at once, and may be asked quickly."""
    monkeypatch.setattr(proving, "FIRST_AFTER", 0)
    monkeypatch.setattr(reading, "PER_SECOND", 500)


def fill(send: Send, many: int) -> None:
    """So many of each API with the account that is to go, and a few of another."""
    for first in range(0, many, SUBMISSION):
        numbers = range(first + 1, min(first + SUBMISSION, many) + 1)
        send("deployments", *(deployment(number) for number in numbers), properties=GONE)
        send("builds", *(build(number) for number in numbers), properties=GONE)
        # The repository is one of them.
        commits = [commit(f"{number:040x}") for number in numbers[1:]]
        send("devinfo", repository(f"gone-{first}", commits=commits), properties=GONE)
    send("deployments", deployment(900_001), properties=STAYS)
    send("builds", build(900_001), properties=STAYS)
    send("devinfo", repository("stays", commits=[commit("b1")]), properties=STAYS)


@contextmanager
def submitting(site: Site) -> Iterator[list[int]]:
    """Somebody submits deployments of the other account all the time. Gives their numbers."""
    numbers: list[int] = []
    is_over = threading.Event()

    def submit() -> None:
        try:
            while not is_over.wait(0.05):
                number = 1_000_000 + len(numbers)
                body = bulk_of("deployments", deployment(number), properties=STAYS)
                ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))
                numbers.append(number)
        finally:
            connection.close()

    sender = threading.Thread(target=submit)
    sender.start()
    try:
        yield numbers
    finally:
        is_over.set()
        sender.join()


def choose(page: Page, total: int) -> None:
    """From the list of deletions to what would go."""
    page.goto("/deletions/")
    page.locator("#new").click()
    page.get_by_label("Key 1").fill("accountId")
    page.get_by_label("Value 1").fill(GONE["accountId"])
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"{total:,} entities would go")).to_be_visible()
    page.locator("#go-on").click()


def confirm(page: Page, total: int) -> None:
    page.get_by_label("Reason").fill("The account is closed.")
    page.get_by_label("Number of entities").fill(f"{total:,}")
    page.get_by_label("None, at once").check()
    page.locator("#delete").click()


def test_an_admin_deletes_an_account_and_another_approves_while_submissions_go_on(
    site: Site, send: Send, sandbox: Sandbox, opened: Open
) -> None:
    total = MANY // 3 * 3
    Site.objects.update(approval_above=total - 1)
    fill(send, MANY // 3)
    started = time.monotonic()
    with submitting(site) as sent, opened(builders.user("admin", name="ada")) as ada:
        choose(ada.page, total)
        confirm(ada.page, total)
        cleanup = Cleanup.objects.get()
        assert (cleanup.state, cleanup.total) == (Cleanup.State.AWAITING, total)
        with opened(builders.user("admin", name="bea")) as bea:
            bea.page.goto("/deletions/")
            bea.page.locator(f"#approve-{cleanup.pk}").click()
            bea.page.locator("#approve").click()
            # It is put into its lanes; what comes with the account from then on is newer than the deletion.
            cleaning.run_due()
            newer = deployment(1, sequence=99)
            send("deployments", newer, properties=GONE, go=False)
            bea.page.goto(f"/deletions/{cleanup.pk}/run/")
            expect(bea.page.get_by_text("No more match than in the preview")).to_be_visible()
            bea.page.evaluate("window.stayed = true")
            work(cleanup, rounds=2000)
            expect(bea.page.get_by_text("It is done and proven")).to_be_visible(timeout=10_000)
            assert bea.page.evaluate("window.stayed")
            bea.page.locator("#go-proof").click()
            report = download(bea.page)
            shown = bea.page.locator("#sha256").inner_text()
            assert not bea.complaints
        assert not ada.complaints
        took = time.monotonic() - started
    assert hashlib.sha256(report).hexdigest() == shown
    said = json.loads(report)
    assert (said["outcome"], said["approved"]["by"], said["confirmed"]["by"]) == ("proven", "bea", "ada")
    assert {one["result"] for one in said["readings"]} <= {"gone", "newer"}
    deliver(site)
    held = state(sandbox)
    assert {key[-1] for key in held["deployment"]} == {1, 900_001, *sent}
    assert (len(held["build"]), len(held["repository"]), len(held["commit"])) == (1, 1, 1)
    print(f"{total:,} entities deleted and proven in {took:.0f} s, {len(sent)} submissions meanwhile")


def download(page: Page) -> bytes:
    with page.expect_download() as expected:
        page.locator("#report-json").click()
    return expected.value.path().read_bytes()


def test_it_works_without_a_script(site: Site, send: Send, sandbox: Sandbox, opened: Open) -> None:
    fill(send, 3)
    with opened(builders.user("admin"), java_script_enabled=False) as watched:
        page = watched.page
        choose(page, 9)
        confirm(page, 9)
        cleanup = Cleanup.objects.get()
        cleaning.run_due()
        page.goto(f"/deletions/{cleanup.pk}/run/")
        page.locator("#pause").click()
        expect(page.get_by_text("It is paused")).to_be_visible()
        page.locator("#go-on").click()
        work(cleanup)
        page.goto(f"/deletions/{cleanup.pk}/")
        expect(page.get_by_text("It is gone.")).to_be_visible()
        page.locator("#report-page").click()
        expect(page.get_by_text("Everything that was deleted is gone.")).to_be_visible()
    assert len(state(sandbox)["deployment"]) == 1
