import pytest
from django.test import Client

from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _somebody() -> None:
    somebody = builders.user("viewer", name="somebody")
    somebody.set_password(builders.PASSWORD)
    somebody.save()


def test_signing_in_leads_to_the_overview(client: Client) -> None:
    answer = client.post("/login/", {"username": "somebody", "password": builders.PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_signing_in_leads_back_to_where_one_wanted_to_go(client: Client) -> None:
    answer = client.post(
        "/login/", {"username": "somebody", "password": builders.PASSWORD, "next": "/deployments/?state=failed"}
    )
    assert answer["Location"] == "/deployments/?state=failed"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_off_the_host(client: Client, elsewhere: str) -> None:
    answer = client.post("/login/", {"username": "somebody", "password": builders.PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


def test_a_wrong_password_is_said_once_and_keeps_the_name(client: Client) -> None:
    answer = client.post("/login/", {"username": "somebody", "password": "wrong"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "User name and password do not match." in text
    assert 'value="somebody"' in text
    assert 'aria-invalid="true"' in text


def test_a_name_nobody_could_have_is_no_mistake_of_ours(client: Client) -> None:
    answer = client.post("/login/", {"username": "a\0b" * 200, "password": "x"})
    assert answer.status_code == 200


def test_signing_out_takes_a_post(client: Client) -> None:
    client.post("/login/", {"username": "somebody", "password": builders.PASSWORD})
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_a_pulse_after_the_session_ended_reloads_the_page_whole(client: Client) -> None:
    answer = client.get("/login/?next=/", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
