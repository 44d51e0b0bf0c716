"""A site that is the sandbox with something of every kind in it, and evidence opened for reading."""

import io
import json
import zipfile
from typing import Any

import pytest

from devops_sync import evidence
from devops_sync.kinds import KINDS
from devops_sync.models import Site
from tests.cleanups.conftest import _patience_is_short as _patience_is_short
from tests.cleanups.conftest import admin as admin
from tests.errands.conftest import filled as filled
from tests.errands.conftest import send as send
from tests.errands.conftest import site as site


class Opened:
    """A file of evidence: its bytes, and what is in it by name."""

    def __init__(self, raw: bytes):
        self.raw = raw
        self.zip = zipfile.ZipFile(io.BytesIO(raw))

    @property
    def names(self) -> list[str]:
        return self.zip.namelist()

    def read(self, name: str) -> bytes:
        return self.zip.read(name)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self.read(name).splitlines()]

    def under(self, folder: str, name: str) -> list[str]:
        """The files of this name in the folders of a folder."""
        return [one for one in self.names if one.startswith(f"{folder}/") and one.endswith(f"/{name}")]


def opened(subject: evidence.Subject) -> Opened:
    return Opened(b"".join(evidence.Making(subject).pieces()))


def of(kind: str, site: Site) -> Opened:
    """The evidence of the first entity of a kind."""
    row: Any = KINDS[kind].model._default_manager.filter(site=site).order_by("pk").first()
    return opened(evidence.find(kind, str(row.pk), site))


@pytest.fixture
def made(filled: Site) -> Opened:
    """Of a deployment with two versions, which came in two requests."""
    return opened(evidence.find("deployment", "checkout-api / staging / 4", filled))
