"""What the demo's senders report of two months: requests to all three APIs, in the order in which they were sent.

The same seed and the same last instant give the same requests, to the byte.
"""

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .code import REPOSITORY_URL, code
from .history import SERVICES, Event, deployments

# How long a sender collects what it reports of one service; on the last day one sees it come in piece by piece.
_COLLECTS = {"deployments": dt.timedelta(hours=6), "builds": dt.timedelta(hours=72), "devinfo": dt.timedelta(hours=72)}
_COLLECTS_AT_LAST = {"deployments": dt.timedelta(0), "builds": dt.timedelta(hours=3), "devinfo": dt.timedelta(hours=3)}


@dataclass(frozen=True)
class Request:
    """A bulk request to one API."""

    api: str
    body: bytes


def tell(seed: int, until: dt.datetime) -> list[Request]:
    """The requests that tell the story up to `until`."""
    events, lines = deployments(random.Random(seed), until)  # noqa: S311 (the same seed has to tell the same story)
    for line in lines:
        events.extend(code(line, random.Random(f"{seed} {line.service.name}"), until))  # noqa: S311 (as above)
    events.sort(key=lambda event: (event.at, event.service))
    return [Request(group[0].api, _body(group)) for group in _grouped(events, until)]


def _grouped(events: list[Event], until: dt.datetime) -> Iterator[list[Event]]:
    """The events of one API and service in one request, as a sender that collects."""
    yesterday = until - dt.timedelta(days=1)
    open_groups: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        about = event.api, event.service
        group = open_groups.get(about)
        longest = (_COLLECTS_AT_LAST if event.at > yesterday else _COLLECTS)[event.api]
        if group and event.at - group[0].at >= longest:
            yield open_groups.pop(about)
        open_groups.setdefault(about, []).append(event)
    yield from open_groups.values()


def _body(group: list[Event]) -> bytes:
    api, service = group[0].api, group[0].service
    team = next(found.team for found in SERVICES if found.name == service)
    request: dict[str, Any] = {"properties": {"accountId": f"acct-{team}", "team": team}}
    if api == "devinfo":
        request["repositories"] = [_repository(group)]
    else:
        request[api] = [event.fields for event in group]
    request["providerMetadata"] = {"product": "Example CI"}
    return json.dumps(request).encode()


def _repository(group: list[Event]) -> dict[str, Any]:
    """A repository with what happened in it: of each thing the latest, since a request can have it once."""
    service, arrays = group[0].service, dict[str, dict[str, Any]]()
    for event in group:
        for array, fields in event.fields.items():
            arrays.setdefault(array, {})[fields["id"]] = fields
    return {
        "id": service,
        "name": service,
        "url": f"{REPOSITORY_URL}/{service}",
        "updateSequenceId": int(group[-1].at.timestamp() * 1000),
        **{array: list(found.values()) for array, found in arrays.items()},
    }
