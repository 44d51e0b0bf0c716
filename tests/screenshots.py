"""`make screenshots`: pictures of every page at 1440 and 360 pixels, light and dark.

They go into `screenshots` in the data directory, or into the FOLDER that is named. Taken from the `manage.py up` that
runs on the data directory; where none does, one is started, with the demo site, and stopped again.
"""

import argparse
import contextlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, sync_playwright

from devops_sync.settings import ENVIRONMENT
from tests import needs, started
from tests.conftest import CHROMIUM_OPTIONS

WIDTHS = (1440, 360)
SCHEMES = ("light", "dark")
# Pictures whose address is known.
FIXED: Mapping[str, str] = {
    "overview": "/",
    "overview-needs-a-look": "/?show=look",
    "quiet-list": "/quiet/",
    "issue-list": "/issues/",
    "issue-of-project": "/issues/?project=SHOP",
    "issue-untouched": "/issues/NOPE-1/",
    "deployment-list": "/deployments/",
    "deployment-list-filtered": "/deployments/?environment_type=production&state=failed",
    "deployment-list-wrong": "/deployments/?state=melted",
    "build-list": "/builds/",
    "repository-list": "/repositories/",
    "submission-list": "/submissions/",
    "delivery-list": "/deliveries/",
    "rejected-list": "/deliveries/rejected/?since=all",
    "errand-list": "/errands/",
    "errand-plan": "/errands/plan/",
    "deletion-list": "/deletions/",
    "audit-list": "/audit/",
    "audit-list-of-a-thing": "/audit/?subject=site:1",
    "deletion-new": "/deletions/new/",
    "deletion-new-key": "/deletions/new/?by=key",
    "deletion-new-person": "/deletions/new/?by=person",
    "deletion-rules": "/deletions/rules/",
    "deletion-rule-new": "/deletions/rules/new/",
    "drift": "/deliveries/drift/",
    "site-list": "/sites/",
    "site-connect": "/sites/connect/",
    "token-list": "/tokens/",
    "token-new": "/tokens/new/",
    "submit": "/submit/",
    "submit-build": "/submit/?as=build",
    "submit-json": "/submit/?as=json",
    "settings": "/settings/",
    "account": "/account/",
    "two-factor": "/account/two-factor/",
    "user-list": "/users/",
    "user-new": "/users/new/",
    "keys": "/keys/",
    "api": "/api/",
    "not-found": "/nothing-here/",
}
ROW = "tr.row a"
# Pictures of one thing, by the name of its page: where the first such thing is linked from.
LINKED: Mapping[str, tuple[str, str]] = {
    "issue": ("/issues/", ROW),
    "pipeline": ("/", 'main a[href^="/pipelines/"]'),
    "deployment": ("/deployments/", ROW),
    "build": ("/builds/", ROW),
    "repository": ("/repositories/", ROW),
    "branch": ("{repository}?show=branches", ROW),
    "commit": ("{repository}?show=commits", ROW),
    "pull-request": ("{repository}?show=pull_requests", ROW),
    "submission": ("/submissions/", ROW),
    "delivery": ("/deliveries/", ROW),
    "rejected": ("/deliveries/rejected/?since=all", 'main a[id^="go-"]'),
    "audit": ("/audit/", ROW),
    "errand": ("/errands/", 'main a[href^="/errands/"]:not([href*="plan"])'),
    "deletion": ("/deletions/", ROW),
    "deletion-rule": ("/deletions/rules/", 'main tbody a[href^="/deletions/rules/"]'),
    "user": ("/users/", 'main tbody a[href^="/users/"]'),
    "site": ("/sites/", 'main a[href^="/sites/"]:not([href*="connect"])'),
    "token": ("/tokens/", 'main tbody a[href^="/tokens/"]'),
}
# Pictures of what is at an address below another thing's.
BELOW: Mapping[str, tuple[str, str]] = {
    "repository-branches": ("repository", "?show=branches"),
    "repository-pull-requests": ("repository", "?show=pull_requests"),
    "rejected-correct": ("rejected", "correct?find=SHOP-&with=PAY-"),
    "deletion-preview": ("deletion", "preview/"),
    "site-remove": ("site", "remove/"),
    "deletion-confirm": ("deletion", "confirm/"),
    "deletion-run": ("deletion", "run/"),
    "deletion-proof": ("deletion", "proof/"),
    "deletion-report-page": ("deletion", "report/"),
}
# What is seen only by somebody who is not signed in.
AT_THE_DOOR: Mapping[str, str] = {"login": "/login/"}
NAMES = (*AT_THE_DOOR, *FIXED, *LINKED, *BELOW)


def main() -> None:
    options = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=ENVIRONMENT.data / "screenshots", metavar="FOLDER")
    options.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", default=NAMES, help="some of them")
    asked = options.parse_args()
    if needs.chromium() is None:
        sys.exit(f"Pictures need {needs.MENDS['chromium']}.")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with _running(ENVIRONMENT.data) as up:
        missing = _take(up, asked.folder, set(asked.only))
    print(f"{(len(asked.only) - len(missing)) * len(WIDTHS) * len(SCHEMES)} pictures in {asked.folder}")
    if missing:
        sys.exit(f"Not there to be taken: {', '.join(missing)}.")


@contextlib.contextmanager
def _running(data: Path) -> Iterator[dict[str, Any]]:
    """What `up.json` says of the Waybill on this data directory, started for the while if none runs."""
    with contextlib.suppress(FileNotFoundError, requests.ConnectionError):
        up: dict[str, Any] = json.loads((data / "up.json").read_text())
        requests.get(f"{up['url']}/healthz", timeout=10)
        yield up
        return
    data.mkdir(parents=True, exist_ok=True)
    with started.started(data) as one:
        yield one.up
    started.said_by(data).unlink(missing_ok=True)


def _take(up: dict[str, Any], folder: Path, only: set[str]) -> list[str]:
    """Take the pictures; what could not be taken is named."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs.chromium(), args=CHROMIUM_OPTIONS)
        page = browser.new_context(base_url=str(up["url"]), reduced_motion="reduce").new_page()
        for name, address in AT_THE_DOOR.items():
            if name in only:
                _shoot(page, address, folder, name)
        _sign_in(page, up["admin"])
        found = dict(FIXED)
        for name, (where, link) in LINKED.items():
            found[name] = _first(page, where.format_map(found), link)
        for name, (thing, rest) in BELOW.items():
            found[name] = found[thing] and found[thing].partition("?")[0] + rest
        for name, address in found.items():
            if name in only and address:
                _shoot(page, address, folder, name)
        browser.close()
    return [name for name in NAMES if name in only and not found.get(name, name in AT_THE_DOOR)]


def _sign_in(page: Page, admin: dict[str, str]) -> None:
    page.goto("/login/")
    page.fill("[name=username]", admin["username"])
    page.fill("[name=password]", admin["password"])
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("/$"))


def _first(page: Page, where: str, link: str) -> str:
    """Where the first such link on a page leads; empty where there is none."""
    if where == "/errands/":
        _plan_one(page)
    if where == "/deletions/":
        _preview_one(page)
    page.goto(where)
    found = page.locator(link).first
    return (found.get_attribute("href") or "") if found.count() else ""


def _plan_one(page: Page) -> None:
    """Plan a resend where none was ever planned: nothing is sent before somebody starts it."""
    page.goto("/errands/")
    if page.locator(LINKED["errand"][1]).count() == 0 and (deployment := _first(page, "/deployments/", ROW)):
        page.goto(deployment)
        page.get_by_role("button", name="Send again…").click()


def _preview_one(page: Page) -> None:
    """Preview a deletion where none ever was: nothing is deleted before somebody confirms it."""
    page.goto("/deletions/")
    if page.locator(ROW).count() == 0:
        page.goto("/deletions/new/?key=team&value=")
        values = page.locator("#values-1 option")
        page.get_by_label("Value 1").fill((values.count() and values.first.get_attribute("value")) or "none")
        page.get_by_role("button", name="Preview").click()


def _shoot(page: Page, address: str, folder: Path, name: str) -> None:
    """One page, loaded once, in each width and scheme, with its folds open."""
    page.goto(address)
    page.evaluate("document.querySelectorAll('main details.fold').forEach((fold) => { fold.open = true; })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)


if __name__ == "__main__":
    main()
