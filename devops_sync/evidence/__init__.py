"""Evidence: everything that the ledger holds of one thing as a zip that can be checked without Waybill.

`subject` says what it is about, `collecting` what belongs to that, a file each writes one part of it into the
`archive`, and `making` does all of it in turn.
"""

from .making import Making
from .subject import NAMES, NotThere, Subject, Unclear, find, of_deletion, of_entity, of_issue

__all__ = ["NAMES", "Making", "NotThere", "Subject", "Unclear", "find", "of_deletion", "of_entity", "of_issue"]
