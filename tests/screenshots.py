"""Pictures of every page of a running `manage.py up`: `python -m tests.screenshots [FOLDER]`.

It signs in with what `up` wrote into `up.json`, and writes each page at 1440 and 360 pixels, light and dark, into
the folder (`screenshots` in the data directory unless told otherwise).
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from devops_sync.settings import ENVIRONMENT
from tests import needs
from tests.conftest import CHROMIUM_OPTIONS

WIDTHS = (1440, 360)
SCHEMES = ("light", "dark")
LISTS = {
    "overview": "/",
    "overview-needs-a-look": "/?show=look",
    "quiet": "/quiet/",
    "issues": "/issues/",
    "issue-untouched": "/issues/NOPE-1/",
    "deployments": "/deployments/",
    "deployments-filtered": "/deployments/?environment_type=production&state=failed",
    "deployments-wrong": "/deployments/?state=melted",
    "builds": "/builds/",
    "repositories": "/repositories/",
    "submissions": "/submissions/",
    "deliveries": "/deliveries/",
    "rejected": "/deliveries/rejected/?since=all",
    "errands": "/errands/",
    "drift": "/deliveries/drift/",
    "sites": "/sites/",
    "site": "/sites/demo/",
    "site-connect": "/sites/connect/",
    "submit": "/submit/",
    "submit-build": "/submit/?as=build",
    "submit-json": "/submit/?as=json",
    "not-found": "/nothing-here/",
}


def main() -> None:
    data = ENVIRONMENT.data
    try:
        up = json.loads((data / "up.json").read_text())
    except FileNotFoundError:
        sys.exit(f"Nothing runs in {data}: start `manage.py up` first.")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs.chromium(), args=CHROMIUM_OPTIONS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                take(browser, up, folder, width, scheme)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


def take(browser: Browser, up: dict[str, dict[str, str]], folder: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=str(up["url"]),
    )
    page = context.new_page()
    page.goto("/login/")
    shoot(page, folder / f"login-{width}-{scheme}.png")
    page.fill("[name=username]", up["admin"]["username"])
    page.fill("[name=password]", up["admin"]["password"])
    page.click("button[type=submit]")
    page.wait_for_url("**/")
    for name, address in (LISTS | things(page)).items():
        page.goto(address)
        shoot(page, folder / f"{name}-{width}-{scheme}.png")
    context.close()


def things(page: Page) -> dict[str, str]:
    """The first thing of each list."""
    found = {}
    for name in ("deployment", "build", "submission"):
        found[name] = f"/{name}s/"
    found |= {"issue": "/issues/", "delivery": "/deliveries/", "repository": "/repositories/"}
    for name, address in found.items():
        found[name] = first_of(page, address)
    found["pipeline"] = first_of(page, "/", "#matrix tbody th a")
    found["pipeline-quarter"] = f"{found['pipeline']}?span=quarter"
    for name in ("commit", "branch", "pull_request"):
        words = "branches" if name == "branch" else f"{name}s"
        found[words] = f"{found['repository']}?show={words}"
        found[name] = first_of(page, found[words])
    return found


def first_of(page: Page, address: str, found_by: str = "tr.row a") -> str:
    """Where the first row of a list leads; to the list itself while it is empty."""
    page.goto(address)
    link = page.locator(found_by).first
    return (link.get_attribute("href") if link.count() else None) or address


def shoot(page: Page, to: Path) -> None:
    page.evaluate("document.querySelectorAll('main details.fold').forEach((fold) => { fold.open = true; })")
    page.screenshot(path=to, full_page=True)


if __name__ == "__main__":
    main()
