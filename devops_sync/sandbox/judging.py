"""What Jira makes of one entity of a bulk: which of its issues exist, and whether it is taken."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from devops_sync.jira import wire

from . import changes
from .issues import Issues
from .kinds import KINDS

ISSUE_TYPES = ("issueKeys", "issueIdOrKeys")


class Judged:
    """One entity. It is taken, rejected with an `error`, or neither: then nothing of it is known.

    Deployments and builds without any known issue are rejected. Of development information Atlassian does not say
    what becomes of it; in no example is it listed as failed, so it is left out of both lists and not stored.
    """

    def __init__(self, item: wire.Item, issues: Issues):
        self.item = item
        self.error = item.fault
        self.is_taken = False
        self.known: list[str] = []
        self.unknown_keys: list[str] = []
        self.unknown_associations: list[tuple[str, Any]] = []
        self._kind = KINDS[item.kind]
        if item.value is not None:
            self.is_taken = item.kind == "repository" or self._looked_up(item.value, issues)
            if not self.is_taken:
                self.error = self._kind.nothing_known

    def _looked_up(self, value: Any, issues: Issues) -> bool:
        """Sort the issues into known and unknown; say whether anything is known."""
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
        return bool(self.known) or anything_else

    def version(self) -> changes.Version:
        value = self.item.value
        return changes.Version(
            kind=self.item.kind,
            key=self._kind.key(self.item),
            sequence=self._kind.sequence(value),
            payload=self.item.raw,
            summary=self._kind.summary(value),
            issues=tuple(dict.fromkeys(self.known)),
            gated=self.item.kind == "deployment" and wire.asks_for_a_gate(value),
        )


def gathered(unknown: Iterable[list[tuple[str, Any]]]) -> list[Mapping[str, Any]]:
    """Unknown associations as the receipt lists them: by type, each value once."""
    types: dict[str, list[Any]] = {}
    for pairs in unknown:
        for name, value in pairs:
            values = types.setdefault(name, [])
            if value not in values:
                values.append(value)
    return [{"associationType": name, "values": values} for name, values in types.items()]
