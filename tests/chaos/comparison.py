"""Whether anything was lost: the ledger beside Jira, key by key, and the ledger beside what was answered.

What Jira has to hold follows from the ledger alone: of the versions that Jira accepted and of the deletions that it
took, in the order of their lane, each key's highest since its last deletion. A version that Jira rejected leaves the
earlier one standing there, so for such a key the current state says more than Jira does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from devops_sync.jira import keys
from devops_sync.kinds import KINDS, of_api
from devops_sync.models import Deletion, Delivery, Entry, Lane, Site, Submission
from devops_sync.models.balance import balances, together
from tests.sandbox_process import Sandbox

Name = tuple[str, str]  # the kind and the key
_INSIDE = ("commit", "branch", "pull_request")


class Held(NamedTuple):
    """One version that Jira holds, or has to."""

    sequence: int
    properties: dict[str, str]


def differences(sites: Iterable[tuple[Site, Sandbox]], answered: list[dict[str, Any]]) -> list[str]:
    """Everything that is not as it has to be, a sentence each."""
    found = [*_unbalanced(), *_lost(answered), *_waiting()]
    for site, sandbox in sites:
        jira, due = _held(sandbox), _due(site)
        found += [f"{site}: {one}" for one in _compared(due, jira, _perhaps(site))]
        found += [f"{site}: {one}" for one in _current(site, jira)]
    return found


def balance() -> str:
    """The sum, as the ledger's own figures have it."""
    whole = together(balances().values())
    terms = " + ".join(f"{many:,} {outcome.label.lower()}" for outcome, many in whole.terms)
    return f"{whole.received:,} received = {terms}"


def _unbalanced() -> Iterator[str]:
    for site, found in balances().items():
        if found.missing:
            yield f"site {site}: the balance does not hold, {found.missing} entries are missing"


def _lost(answered: list[dict[str, Any]]) -> Iterator[str]:
    """What was answered has to be there, whatever happened afterwards."""
    known = {str(pk): count for pk, count in Submission.objects.values_list("pk", "entry_count")}
    deletions = set(Deletion.objects.values_list("pk", flat=True))
    for line in answered:
        if "submission" in line and known.get(line["submission"]) != line["entities"]:
            yield f"submission {line['submission']} was answered and is not in the ledger"
        if "deletion" in line and line["deletion"] not in deletions:
            yield f"deletion {line['deletion']} was answered and is not in the ledger"


def _waiting() -> Iterator[str]:
    for lane in Lane.objects.with_work():
        why = lane.held_reason or lane.slept_for
        many = Entry.objects.waiting().filter(lane=lane).count()
        deletions = Deletion.objects.waiting().filter(lane=lane).count()
        yield f"{lane}: {many} entries and {deletions} deletions wait ({why or 'for no reason'})"
    for deletion in Deletion.objects.filter(outcome=Deletion.Outcome.REJECTED):
        yield f"deletion {deletion.pk} was rejected: {'; '.join(deletion.messages)}"


def _held(sandbox: Sandbox) -> dict[Name, Held]:
    found: dict[Name, Held] = {}
    for kind, entities in sandbox.state()["credentials"][sandbox.client_id].items():
        for one in entities:
            found[kind, keys.text(*one["key"])] = Held(one["sequence"], one["properties"])
    return found


def _due(site: Site) -> dict[Name, Held]:
    """What Jira has to hold of a site."""
    accepted = Entry.objects.filter(site=site, outcome=Entry.Outcome.ACCEPTED)
    rows = accepted.values_list("pk", "kind", "key", "sequence", "envelope__property_set__pairs")
    steps: list[tuple[int, Any]] = [(row[0], row[1:]) for row in rows]
    steps += [(one.pk, one) for one in Deletion.objects.filter(site=site, outcome=Deletion.Outcome.ACCEPTED)]
    due: dict[Name, Held] = {}
    for _, step in sorted(steps, key=lambda step: step[0]):
        if isinstance(step, Deletion):
            for name in _falling(due, step):
                del due[name]
            continue
        kind, key, sequence, pairs = step
        if (kind, key) not in due or due[kind, key].sequence < sequence:
            due[kind, key] = Held(sequence, pairs)
    return due


def _falling(due: dict[Name, Held], deletion: Deletion) -> list[Name]:
    """What a deletion takes from Jira: of a repository also what lies in it."""
    old = {
        name: held
        for name, held in due.items()
        if deletion.until_sequence is None or held.sequence <= deletion.until_sequence
    }
    if deletion.properties is None:
        named = {(deletion.kind, deletion.key)} & old.keys()
        repositories = {deletion.key} if deletion.kind == "repository" else set()
    else:
        kinds = {kind.name for kind in of_api(deletion.api)}
        wanted = deletion.properties.items()
        named = {name for name, held in old.items() if name[0] in kinds and wanted <= held.properties.items()}
        repositories = {key for kind, key in named if kind == "repository"}
    inside = {name for name in old if name[0] in _INSIDE and keys.text(keys.parts(name[1])[0]) in repositories}
    return list(named | inside)


def _perhaps(site: Site) -> set[tuple[Name, int]]:
    """The versions that Jira may have taken without anybody knowing: nobody read the answer, and before they were sent
    once more a newer one came, which Jira then rejected."""
    sent: set[int] = set()
    for entries in Delivery.objects.filter(lane__site=site, status=None).values_list("entry_ids", flat=True):
        sent.update(entries)
    superseded = Entry.objects.filter(pk__in=sent, outcome=Entry.Outcome.SUPERSEDED)
    rows = superseded.values_list("kind", "key", "sequence")
    return {((kind, key), sequence) for kind, key, sequence in rows if sequence is not None}


def _compared(due: dict[Name, Held], jira: dict[Name, Held], perhaps: set[tuple[Name, int]]) -> Iterator[str]:
    for kind, key in sorted(due.keys() | jira.keys()):
        ours, theirs = due.get((kind, key)), jira.get((kind, key))
        is_newer = theirs is not None and (ours is None or ours.sequence < theirs.sequence)
        if theirs is not None and is_newer and ((kind, key), theirs.sequence) in perhaps:
            continue
        if ours != theirs:
            yield f"{kind} {key}: Jira has to hold {_say(ours)} and holds {_say(theirs)}"


def _current(site: Site, jira: dict[Name, Held]) -> Iterator[str]:
    """The current state, save for keys of which Jira rejected a version."""
    rejected = set(Entry.objects.filter(site=site, outcome=Entry.Outcome.REJECTED).values_list("kind", "key"))
    current: dict[Name, int] = {}
    for kind in KINDS.values():
        alive = kind.model._default_manager.filter(site=site, deleted_at=None)
        current |= {(kind.name, key): sequence for key, sequence in alive.values_list("entry__key", "sequence")}
    for name in sorted((current.keys() | jira.keys()) - rejected):
        ours, theirs = current.get(name), jira.get(name)
        if ours != (theirs.sequence if theirs else None):
            yield f"{name[0]} {name[1]}: current in the ledger is {ours}, Jira holds {_say(theirs)}"


def _say(held: Held | None) -> str:
    return f"version {held.sequence} with {held.properties}" if held else "nothing"


def verdicts() -> dict[str, int]:
    """How many requests ended how."""
    found: dict[str, int] = defaultdict(int)
    for status, failure in Delivery.objects.values_list("status", "failure"):
        found[str(status) if status else failure or "unanswered"] += 1
    return dict(found)
