"""Columns that somebody does not want to see: gone from the list and from its files, for them alone."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.columns import offered
from devops_sync.models import Deployment, Site
from tests import builders

pytestmark = pytest.mark.django_db
LISTS = {
    "deployment": "/deployments/",
    "build": "/builds/",
    "repository": "/repositories/",
    "submission": "/submissions/",
    "delivery": "/deliveries/",
    "drift": "/deliveries/drift/",
}


@pytest.fixture
def one(retail: Site) -> Deployment:
    builders.build(retail)
    builders.repository(retail)
    return builders.deployment(
        retail, "web", "dev", entry_facts={"read_back": "missing", "read_back_at": timezone.now()}
    )


def show(client: Client, of: str, *names: str, query: str = "") -> str:
    answer = client.post("/columns/", {"list": of, "column": names, "query": query})
    assert answer.status_code == 302
    return answer["Location"]


def page(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def all_but(of: str, *names: str) -> list[str]:
    return [column.name for column in offered(of) if column.name not in names]


@pytest.mark.parametrize("of", LISTS)
def test_each_column_can_be_hidden_with_its_head_and_its_cells(of: str, one: Deployment, viewer: Client) -> None:
    whole = page(viewer, LISTS[of])
    for column in offered(of):
        show(viewer, of, *all_but(of, column.name))
        found = page(viewer, LISTS[of])
        assert found.count('<th scope="col"') == whole.count('<th scope="col"') - 1, column.name
        assert found.count("<td") == whole.count("<td") - whole.count('class="row"'), column.name
        assert "1 hidden" in found


@pytest.mark.parametrize("of", LISTS)
def test_with_all_hidden_it_still_says_which_row_it_is(of: str, one: Deployment, viewer: Client) -> None:
    show(viewer, of)
    found = page(viewer, LISTS[of])
    assert found.split('class="list ')[1].count("<td") == (2 if of == "drift" else 0)
    assert 'id="go-' in found


def test_the_list_comes_back_as_it_was(one: Deployment, viewer: Client) -> None:
    assert show(viewer, "deployment", "jira", query="state=failed&q=a%26b") == "/deployments/?state=failed&q=a%26b"


def test_files_have_the_same_columns(one: Deployment, viewer: Client) -> None:
    show(viewer, "deployment", "environment")
    record = viewer.get("/deployments/?format=json").getvalue().decode()  # type: ignore[attr-defined]
    assert '"environment": "dev"' in record
    assert '"id": ' in record
    assert "pipeline" not in record
    assert "changed_at" not in record


def test_it_is_nobody_else_s_business(one: Deployment, signed_in: Callable[..., Client]) -> None:
    show(signed_in("viewer"), "deployment")
    assert "hidden</span>" not in page(signed_in("viewer"), "/deployments/")


def test_a_page_drawn_before_keeps_its_columns_while_it_follows(one: Deployment, viewer: Client) -> None:
    show(viewer, "deployment", "environment")
    query = f"/deployments/?_rows={one.pk}&_top=&_hidden=jira"
    rows = viewer.get(query, headers={"Waybill-Seen": "none"}).content.decode()
    assert "pipeline-cell" in rows
    assert "jira-cell" not in rows


@pytest.mark.parametrize("posted", [{}, {"list": "nonsense"}, {"list": "commit"}])
def test_a_list_that_there_is_not_is_said(posted: dict[str, str], viewer: Client, retail: Site) -> None:
    assert viewer.post("/columns/", posted).status_code == 400


def test_columns_that_there_are_not_change_nothing(one: Deployment, viewer: Client) -> None:
    show(viewer, "deployment", "nonsense", "\0", *all_but("deployment"))
    assert "hidden</span>" not in page(viewer, "/deployments/")
