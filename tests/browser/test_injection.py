"""What is submitted does nothing in a real browser: no dialog opens, nothing is fetched, the policy is never needed."""

import pytest

from devops_sync.models import Site
from tests import builders, hostile

from .conftest import Open

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("link", hostile.LINKS)
def test_no_payload_acts(link: str, opened: Open) -> None:
    site: Site = builders.site("retail")
    hostile.send(site, link)
    with opened(builders.user("admin")) as watched:
        watched.page.on("dialog", lambda dialog: (watched.complaints.append(dialog.message), dialog.dismiss()))
        for address in hostile.pages(site):
            watched.page.goto(address)
            for where in watched.page.locator("main a[href], main [title]").all()[:20]:
                where.dispatch_event("mouseover")
        assert watched.complaints == []
        assert not watched.page.locator("a[href^='javascript' i], main img, main script").count()
