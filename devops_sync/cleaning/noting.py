"""What the audit log says of a clean-up: by its number, as the pages call it, and never whom it is about.

Nothing is ever struck out of the log. So of a clean-up that forgets a person it has neither the person nor the reason.
"""

from typing import Any

from .. import audit
from ..models import Cleanup


def note(act: str, cleanup: Cleanup, before: Any = None, **after: Any) -> None:
    """Note a step of a clean-up, in the transaction of the step. Fields without anything in them are left out."""
    said = {name: value for name, value in after.items() if value not in (None, "", [], {})}
    audit.note(f"deletion.{act}", on=_subject(cleanup), site=cleanup.site, before=before, after=said or None)


def exported(cleanup: Cleanup, what: str) -> None:
    """Note that something of a clean-up was taken away as a file."""
    audit.note("export.made", on=_subject(cleanup), site=cleanup.site, after={"file": what})


def _subject(of: Cleanup) -> tuple[str, object, str]:
    return "cleanup", of.pk, f"deletion {of.pk}"


def words(cleanup: Cleanup, text: str) -> str:
    """A text of the clean-up, where it cannot name a person who is to be forgotten."""
    return "" if cleanup.person else text
