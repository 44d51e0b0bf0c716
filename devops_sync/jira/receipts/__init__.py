"""Jira's answer to a bulk request: how it is written (our door, the sandbox) and how it is read.

Shapes from Atlassian's reference. Deployments and builds list keys; development information nests ids by
repository. A refused entity stands there with its errors, each with a message and often with a trace id that
Atlassian's support can follow.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..wire import Item
from . import devinfo, listed
from .reading import Error, Errors, Name, Receipt, Unreadable, read_errors, storable

__all__ = ["Error", "Errors", "Name", "Receipt", "Unreadable", "read", "read_errors", "storable", "write"]


def write(
    api: str,
    accepted: Iterable[Item],
    rejected: Iterable[tuple[Item, Errors]],
    unknown_issue_keys: Iterable[str] = (),
    unknown_associations: Iterable[Mapping[str, Any]] = (),
) -> bytes:
    """The body of a 202 of one API (deployments, builds, devinfo): what is accepted and what is not."""
    unknown = (list(unknown_issue_keys), list(unknown_associations))
    if api == "devinfo":
        return devinfo.write(accepted, rejected, *unknown)
    return listed.write(api, accepted, rejected, *unknown)


def read(api: str, body: bytes) -> Receipt:
    """Read the body of a 202 of one API. Raises `Unreadable` when it is not a receipt."""
    return devinfo.read(body) if api == "devinfo" else listed.read(api, body)
