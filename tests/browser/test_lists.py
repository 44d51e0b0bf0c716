"""Lists in a browser: completing a property, picking, selecting over pages; with a script and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from devops_sync.models import Deployment, Site
from tests import builders

from .conftest import Open

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def many(transactional_db: None) -> list[Deployment]:
    """Newest first, on two pages."""
    site = builders.site("retail")
    return [builders.deployment(site, f"p-{n % 3}", properties={"team": f"t-{n % 2}"}) for n in range(60)][::-1]


def test_a_property_is_completed_key_first(many: list[Deployment], opened: Open) -> None:
    with opened(builders.user("viewer")) as watched:
        page = watched.page
        page.goto("/submissions/?api=deployments")
        page.locator("#pick-property > summary").click()
        menu = page.locator("#pick-property")
        menu.get_by_role("link", name="team").click()
        expect(menu.get_by_label("team=t-1")).to_be_visible()
        assert not Axe().run(page).response["violations"]
        page.locator("#field-property").fill("team=t-0")
        expect(menu.get_by_label("team=t-1")).to_be_hidden()
        menu.get_by_label("team=t-0").check()
        menu.get_by_role("button", name="Show").click()
        expect(page.get_by_text("30 match")).to_be_visible()
        assert "property=team%3Dt-0" in page.url
        assert "api=deployments" in page.url
        assert not watched.complaints


def test_rows_stay_selected_from_page_to_page(many: list[Deployment], opened: Open) -> None:
    with opened(builders.user("release-manager")) as watched:
        page = watched.page
        page.goto("/deployments/")
        page.locator(f"#tick-{many[0].pk}").check()
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_text("1 on other pages")).to_be_visible()
        page.locator(f"#tick-{many[55].pk}").check()
        expect(page.get_by_text("2 selected")).to_be_visible()
        assert not Axe().run(page).response["violations"]
        page.get_by_role("link", name="Newer").click()
        expect(page.locator(f"#tick-{many[0].pk}")).to_be_checked()
        page.get_by_role("button", name="Plan a resend").click()
        expect(page.get_by_text("2 deployments would be sent to Jira again")).to_be_visible()
        assert not watched.complaints


def test_it_works_without_a_script(many: list[Deployment], opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.listing.OFFERED", 1)
    with opened(builders.user("release-manager"), java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/deployments/?environment=dev")
        page.locator("#pick-pipeline > summary").click()
        page.locator("#field-pipeline").fill("P-1")
        page.locator("#field-pipeline").press("Enter")
        expect(page.get_by_role("heading", name="Pick pipelines")).to_be_visible()
        page.get_by_label("p-1").check()
        page.get_by_role("button", name="Show").click()
        assert page.url.endswith("/deployments/?environment=dev&pipeline=p-1")
        page.goto("/deployments/")
        page.locator(f"#tick-{many[0].pk}").check()
        page.get_by_role("button", name="Keep them, older page").click()
        expect(page.get_by_text("1 selected")).to_be_visible()
        page.locator("#pick-views > summary").click()
        page.get_by_label("Save what is shown as").fill("Mine")
        page.get_by_role("button", name="Save").click()
        page.locator("#pick-views > summary").click()
        expect(page.get_by_role("link", name="Mine")).to_be_visible()


def test_the_page_of_what_can_be_picked_is_sound(many: list[Deployment], opened: Open) -> None:
    assert Site.objects.exists()
    for scheme in ("light", "dark"):
        with opened(builders.user("viewer"), color_scheme=scheme) as watched:
            watched.page.goto("/pick/deployment/property/?find=team%3D")
            assert not Axe().run(watched.page).response["violations"]
            assert not watched.complaints
