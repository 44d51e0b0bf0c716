"""What Jira does with a request to one of its DevOps APIs.

Sources: Atlassian's reference of the APIs and the answers that clients in the field have seen: rejections inside
a 202, the wording of the messages, unknown keys, properties that are never given back.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from devops_sync.jira import receipts, wire

from . import changes, gates, holdings, judging
from .credentials import Credential
from .issues import Issues
from .kinds import Api, Key, Route
from .messages import Answer, Request, forbidden, no_such_path, said, trace_id, unauthorized, wrong_method
from .settings import Settings
from .store import Store

_NUMBER = re.compile(r"-?[0-9]{1,19}")
_ENTITY_TYPES = ("commit", "branch", "pull_request")


class Refused(Exception):
    """The request is answered with 400 and this sentence."""


@dataclass(frozen=True)
class Call:
    """A request of which it is known whose it is, and which row of the table it asks for."""

    api: Api
    route: Route
    key: Key
    owner: Credential
    request: Request


class Jira:
    """The API's behaviour, on what the store holds."""

    def __init__(self, store: Store, settings: Settings, issues: Issues):
        self._store = store
        self._settings = settings
        self._issues = issues
        self._operations: Mapping[str, Callable[[Call], Answer]] = {
            "submit": self._submit,
            "read": self._read,
            "read_repository": self._read_repository,
            "read_gate": self._read_gate,
            "exists_by_properties": self._exists,
            "delete": self._delete,
            "delete_entity": self._delete_entity,
            "delete_repository": self._delete_repository,
            "delete_by_properties": self._delete_by_properties,
        }

    def answer(self, api: Api, segments: tuple[str, ...], owner: Credential, request: Request) -> Answer:
        """Answer a request whose address ends in `segments`, below the base of the API."""
        for route in api.routes:
            key = route.key_in(segments)
            if key is None:
                continue
            operation = route.does.get(request.method)
            if operation is None:
                return wrong_method(*route.does)
            try:
                return self._operations[operation](Call(api, route, key, owner, request))
            except Refused as refused:
                return api.refused(400, str(refused))
        return no_such_path()

    def _submit(self, call: Call) -> Answer:
        if len(call.request.body) > self._settings.body_limit:
            return call.api.refused(413, call.api.too_large)
        try:
            bulk = wire.read(call.api.name, call.request.body)
        except wire.Malformed as malformed:
            return call.api.refused(malformed.status, malformed.message)
        count = sum(item.kind != "repository" for item in bulk.items)
        if count > self._settings.bulk_limit:
            return call.api.refused(413, call.api.too_large)
        judged = [judging.Judged(item, self._issues) for item in bulk.items]
        versions = [one.version() for one in judged if one.is_taken]
        if versions:
            self._receive(call.owner, changes.Submission(call.api.name, bulk.properties, versions))
        body = receipts.write(
            call.api.name,
            [one.item for one in judged if one.is_taken],
            [(one.item, [{"message": one.error, "errorTraceId": trace_id()}]) for one in judged if one.error],
            dict.fromkeys(key for one in judged for key in one.unknown_keys),
            judging.gathered(one.unknown_associations for one in judged),
        )
        return Answer(202, body, entities=count)

    def _read(self, call: Call) -> Answer:
        self.settle()
        with self._store.reading() as connection:
            found = holdings.payload(connection, call.owner.id, call.route.kind, call.key)
        if found is None:
            return call.api.refused(404, call.api.missing)
        return Answer(200, found.encode(), entities=1)

    def _read_repository(self, call: Call) -> Answer:
        self.settle()
        with self._store.reading() as connection:
            found = holdings.repository(connection, call.owner.id, call.key)
        if found is None:
            return call.api.refused(404, call.api.missing)
        return Answer(200, found, entities=1)

    def _read_gate(self, call: Call) -> Answer:
        if not call.owner.is_app and self._settings.gating != "available":
            return _NO_GATING[self._settings.gating]()
        self.settle()
        with self._store.reading() as connection:
            found = gates.of(connection, call.key, call.owner.id)
        if found is None:
            return call.api.refused(404, call.api.missing)
        return said(200, _gating_status(found, call))

    def _exists(self, call: Call) -> Answer:
        properties, up_to = _properties(call)
        self.settle()
        with self._store.reading() as connection:
            found = holdings.exists(connection, call.owner.id, call.api.name, properties, up_to)
        return said(200, {"hasDataMatchingProperties": found})

    def _delete(self, call: Call) -> Answer:
        return self._accept(call, changes.Removal(call.route.kind, call.key))

    def _delete_entity(self, call: Call) -> Answer:
        repository, kind, ident = call.key
        if kind not in _ENTITY_TYPES:
            raise Refused(f"The entity type must be one of {', '.join(_ENTITY_TYPES)}.")
        return self._accept(call, changes.Removal(str(kind), (repository, ident), _up_to(call)))

    def _delete_repository(self, call: Call) -> Answer:
        return self._accept(call, changes.Clearing(str(call.key[0]), _up_to(call)))

    def _delete_by_properties(self, call: Call) -> Answer:
        return self._accept(call, changes.Sweep(call.api.name, *_properties(call)))

    def _accept(self, call: Call, change: changes.Change) -> Answer:
        self._receive(call.owner, change)
        return Answer(202)

    def _receive(self, owner: Credential, change: changes.Change) -> None:
        self._store.receive(owner, change, self._settings.delay)

    def settle(self) -> None:
        """Store what has waited for long enough."""
        self._store.settle(time.time() - self._settings.delay)


# Nobody knows how Jira says to an OAuth credential that gating is not for it; clients expect any of these.
_NO_GATING: Mapping[str, Callable[[], Answer]] = {
    "unavailable": lambda: forbidden("Gating status is not available with this credential."),
    "401": unauthorized,
    "403": lambda: forbidden("Gating status is not available with this credential."),
    "404": no_such_path,
}


def _gating_status(gate: gates.Gate, call: Call) -> dict[str, Any]:
    pipeline, environment, number = gate.key
    link = f"{call.request.base}/browse/{gate.issue_key}"
    return {
        "deploymentSequenceNumber": number,
        "pipelineId": pipeline,
        "environmentId": environment,
        "updatedTimestamp": gate.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "gatingStatus": gate.status,
        "details": [{"type": "issue", "issueKey": gate.issue_key, "issueLink": link}],
    }


def _pairs(call: Call) -> list[tuple[str, str]]:
    try:
        return parse_qsl(call.request.query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise Refused("The query string is not valid.") from None


def _properties(call: Call) -> tuple[list[tuple[str, str]], int]:
    """The properties in the query, and up to which sequence they count. Raises `Refused`."""
    pairs = _pairs(call)
    properties = [(name, value) for name, value in pairs if name not in (*call.api.ignored, call.api.up_to)]
    if not properties:
        raise Refused("At least one property is required.")
    names = [name for name, _value in pairs]
    if call.api.up_to and len(set(names)) < len(names):
        raise Refused("A property can be given only once; several values of one property need several requests.")
    return properties, _up_to(call)


def _up_to(call: Call) -> int:
    """Up to which sequence a deletion counts. Raises `Refused` for one that is no number."""
    found = [value for name, value in _pairs(call) if name == call.api.up_to]
    if not found or not call.api.up_to:
        return holdings.LARGEST_SEQUENCE
    if len(found) > 1 or not _NUMBER.fullmatch(found[0]):
        raise Refused(f"'{call.api.up_to}' must be a number.")
    return max(-holdings.LARGEST_SEQUENCE, min(int(found[0]), holdings.LARGEST_SEQUENCE))


def tenant_info(store: Store) -> Answer:
    """The cloud id, which is public."""
    return said(200, {"cloudId": store.cloud_id})
