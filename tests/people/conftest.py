"""Somebody with a password, and an OpenID provider to sign in through."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.http import HttpResponse
from django.test import Client

from devops_sync.allowances import Allowance
from devops_sync.environment import GroupRole, OpenID
from devops_sync.models import Site, User
from devops_sync.people import second_factor, signing_in, totp
from tests import builders
from tests.started import ROOT

from . import provider


@pytest.fixture(autouse=True)
def _allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests tried leaves its mark in this process."""
    monkeypatch.setattr(signing_in, "_of_unknown", Allowance())


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


@pytest.fixture
def ada(db: None) -> User:
    return with_password("viewer", "ada")


def with_password(role: str | None, name: str) -> User:
    user = builders.user(role, name=name)
    user.set_password(builders.PASSWORD)
    user.save()
    return user


@pytest.fixture
def secret(ada: User) -> str:
    """What ada's app makes codes from, whose code of now was used to set it up a minute ago."""
    made = totp.new_secret()
    second_factor.turn_on(ada, made, code_of(made))
    ada.second_factor.last_step = 0
    ada.second_factor.save()
    return made


def code_of(secret: str, steps_on: int = 0) -> str:
    return totp.code(secret, totp.step_at(time.time()) + steps_on)


def sign_in(client: Client, name: str = "ada", password: str = builders.PASSWORD, **more: str) -> HttpResponse:
    return client.post("/login/", {"username": name, "password": password, **more})  # type: ignore[return-value]


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


@pytest.fixture(scope="session")
def _provider() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.people.provider"], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()


Told = Callable[..., None]


@pytest.fixture
def told(_provider: str, settings: Any) -> Told:
    """Have the provider sign in this person from now on, with one thing wrong, if any is named."""
    settings.ALLOW_PRIVATE_UPSTREAM = True
    groups = (GroupRole("ops", "admin", ""), GroupRole("dev", "release-manager", "retail"))
    settings.OPENID = OpenID(_provider, provider.CLIENT_ID, provider.CLIENT_SECRET, groups, "groups")

    def tell(subject: str = "s-1", fault: str = "", **more: Any) -> None:
        requests.post(f"{_provider}/control", json={"subject": subject, "fault": fault, **more}, timeout=10)

    return tell


def through_provider(client: Client, next_: str = "") -> HttpResponse:
    """Go to the provider and back, as a browser does. What Waybill answers to the browser that comes back."""
    return client.get(way_back(client, next_))  # type: ignore[return-value]


def way_back(client: Client, next_: str = "") -> str:
    """The address that the provider sends the browser back to."""
    there = client.get("/login/oidc/", {"next": next_} if next_ else {})
    assert there.status_code == 302, there.content
    back = requests.get(there["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    assert parts.netloc == "testserver"
    return f"{parts.path}?{parts.query}"
