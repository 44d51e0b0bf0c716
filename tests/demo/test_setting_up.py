"""What `up` makes before anything is sent."""

import dataclasses
from typing import Any

import pytest

from devops_sync.demo import setting_up
from devops_sync.models import Site
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


def test_the_page_of_the_first_site_says_at_once_what_its_credential_may_do(sandbox: Sandbox, settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, data=sandbox.folder.parent)
    setting_up.set_up(sandbox.url)
    assert {api: found["WRITE"] for api, found in Site.objects.get().capabilities.items()} == {
        "deployments": True,
        "builds": True,
        "devinfo": True,
    }
