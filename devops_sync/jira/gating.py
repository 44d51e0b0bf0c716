"""What Jira says of a deployment's gate.

Source: Atlassian's reference of `getDeploymentGatingStatusByKey`; every field of the answer is optional. Whether an
OAuth credential may ask is not documented, so an answer that no deployment could have is read as "may not".
"""

from typing import Any

import msgspec

from .exchange import Answer


class Detail(msgspec.Struct, rename="camel"):
    """An issue that decides about the gate."""

    type: str = ""
    issue_key: str = ""
    issue_link: str = ""


class Status(msgspec.Struct, rename="camel"):
    """A gate's status, as Jira says it: one that we do not know is given as it is."""

    gating_status: str
    details: list[Detail] = []


def read(body: bytes) -> Status | None:
    """The status in an answer, or None when there is none in it."""
    try:
        found = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.gating_status else None


def is_available(answer: Answer) -> bool:
    """Whether Jira takes this question from this credential at all.

    A 404 is about the deployment when it comes as the API gives it, as an array of messages or without a body; in
    any other shape it is the gateway that does not know the path.
    """
    if answer.status in (401, 403):
        return False
    return answer.status != 404 or not answer.body.strip() or _is_list(answer.body)


def _is_list(body: bytes) -> bool:
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, list)
