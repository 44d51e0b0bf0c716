"""What Jira does with a request to one of its DevOps APIs.

Sources: Atlassian's reference of the deployments API and the answers that clients in the field have seen:
rejections inside a 202, the wording of the messages, unknown keys, properties that are never given back.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from devops_sync.jira import receipts, wire

from . import holdings
from .issues import Issues
from .kinds import Key, Kind
from .messages import Answer, Request, no_such_path, refused, said, trace_id, wrong_method
from .settings import Settings
from .store import Credential, Store

ISSUE_TYPES = ("issueKeys", "issueIdOrKeys")
_IGNORED = ("_updateSequenceNumber",)  # "This parameter usage is no longer supported", says the reference.


class Jira:
    """The API's behaviour, on what the store holds."""

    def __init__(self, store: Store, settings: Settings, issues: Issues):
        self._store = store
        self._settings = settings
        self._issues = issues

    def answer(self, kind: Kind, segments: tuple[str, ...], owner: Credential, request: Request) -> Answer:
        """Answer a request whose address ends in `segments`, below the base of the API."""
        if segments == ("bulk",):
            return self._submit(kind, owner, request) if request.method == "POST" else wrong_method("POST")
        if segments == ("bulkByProperties",):
            return self._sweep(kind, owner, request) if request.method == "DELETE" else wrong_method("DELETE")
        gating = segments[-1:] == ("gating-status",)
        key = kind.key_from(segments[:-1] if gating else segments)
        if key is None:
            return no_such_path()
        if gating:
            return refused(404, kind.missing) if request.method == "GET" else wrong_method("GET")
        if request.method == "GET":
            return self._read(kind, owner, key)
        if request.method == "DELETE":
            return self._accept(owner, holdings.Removal(kind.name, key))
        return wrong_method("GET", "DELETE")

    def _submit(self, kind: Kind, owner: Credential, request: Request) -> Answer:
        if len(request.body) > self._settings.body_limit:
            return refused(413, kind.too_large)
        try:
            bulk = kind.read(request.body)
        except wire.Malformed as malformed:
            return refused(malformed.status, malformed.message)
        if len(bulk.items) > self._settings.bulk_limit:
            return refused(413, kind.too_large)
        judged = [_Judged(kind, item, self._issues) for item in bulk.items]
        versions = [one.version() for one in judged if not one.error]
        if versions:
            self._receive(owner, holdings.Submission(kind.name, bulk.properties, versions))
        body = receipts.write(
            kind.name,
            [one.item for one in judged if not one.error],
            [(one.item, [{"message": one.error, "errorTraceId": trace_id()}]) for one in judged if one.error],
            dict.fromkeys(key for one in judged for key in one.unknown_keys),
            _gathered(one.unknown_associations for one in judged),
        )
        return Answer(202, body, entities=len(judged))

    def _sweep(self, kind: Kind, owner: Credential, request: Request) -> Answer:
        try:
            pairs = parse_qsl(request.query, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError:
            return refused(400, "The query string is not valid.")
        properties = [(name, value) for name, value in pairs if name not in _IGNORED]
        if not properties:
            return refused(400, "At least one property is required.")
        return self._accept(owner, holdings.Sweep(kind.name, properties))

    def _accept(self, owner: Credential, change: holdings.Change) -> Answer:
        self._receive(owner, change)
        return Answer(202)

    def _receive(self, owner: Credential, change: holdings.Change) -> None:
        self._store.receive(owner, change, self._settings.delay)

    def _read(self, kind: Kind, owner: Credential, key: Key) -> Answer:
        self.settle()
        with self._store.reading() as connection:
            found = holdings.payload(connection, owner.id, kind.name, key)
        if found is None:
            return refused(404, kind.missing)
        return Answer(200, found.encode(), entities=1)

    def settle(self) -> None:
        """Store what has waited for long enough."""
        self._store.settle(time.time() - self._settings.delay)


class _Judged:
    """One entity of a bulk: which of its issues exist, and why it is rejected, if it is."""

    def __init__(self, kind: Kind, item: wire.Item, issues: Issues):
        self.item = item
        self.error = item.fault
        self.known: list[str] = []
        self.unknown_keys: list[str] = []
        self.unknown_associations: list[tuple[str, Any]] = []
        self._kind = kind
        if item.value is not None:
            anything_else = self._look_up(item.value, issues)
            if not self.known and not anything_else:
                self.error = kind.nothing_known

    def _look_up(self, value: Any, issues: Issues) -> bool:
        """Sort the issues into known and unknown; say whether anything else was named."""
        for key in value.issue_keys or ():
            (self.known if key in issues else self.unknown_keys).append(key)
        anything_else = False
        for association in value.associations or ():
            for raw in association.values:
                named = msgspec.json.decode(raw)
                if association.association_type in ISSUE_TYPES and str(named) in issues:
                    self.known.append(str(named))
                elif association.association_type in ISSUE_TYPES or named == "":
                    self.unknown_associations.append((association.association_type, named))
                else:
                    anything_else = True
        return anything_else

    def version(self) -> holdings.Version:
        value = self.item.value
        return holdings.Version(
            key=tuple(self.item.key.values()),
            sequence=self._kind.sequence(value),
            payload=self.item.raw,
            summary=self._kind.summary(value),
            issues=tuple(dict.fromkeys(self.known)),
        )


def _gathered(unknown: Iterable[list[tuple[str, Any]]]) -> list[Mapping[str, Any]]:
    """Unknown associations as the receipt lists them: by type, each value once."""
    types: dict[str, list[Any]] = {}
    for pairs in unknown:
        for name, value in pairs:
            values = types.setdefault(name, [])
            if value not in values:
                values.append(value)
    return [{"associationType": name, "values": values} for name, values in types.items()]


def tenant_info(store: Store) -> Answer:
    """The cloud id, which is public."""
    return said(200, {"cloudId": store.cloud_id})
