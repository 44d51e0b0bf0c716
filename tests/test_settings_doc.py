"""Every variable is documented, and every documented variable is read."""

import re
from pathlib import Path

from devops_sync import environment
from tests import settings_doc

SOURCE = Path(environment.__file__).read_text()


def test_the_document_names_exactly_the_variables_that_there_are() -> None:
    assert settings_doc.faults() == []


def test_every_variable_is_read_somewhere() -> None:
    elsewhere = {"WAYBILL_SITE_SECRET": "devops_sync/management/commands/add_site.py"}
    for name in environment.VARIABLES:
        text = Path(elsewhere[name]).read_text() if name in elsewhere else SOURCE.partition("class Wrong")[2]
        assert f'"{name}"' in text


def test_nothing_is_read_that_is_not_listed() -> None:
    read = re.findall(r'environ(?:\.get\(|, )"([A-Z_]+)"', SOURCE)
    assert set(read) <= set(environment.VARIABLES)
