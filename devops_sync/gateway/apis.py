"""Jira's deployments, builds and development information APIs, inbound: reading and deleting, alike for all three."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from django.http import HttpResponse

from .. import digits, ledger, remote
from ..deletions import Asked
from ..jira import paths
from ..kinds import KINDS, of_api
from ..models import Entry, Repository
from ..models.current import Current
from . import answers
from .machine import Call, Refuse, for_sender

MOST_OF_A_REPOSITORY = 400  # "The most recent 400 development information entities", as Jira gives.
_STATES = {Entry.Outcome.ACCEPTED: "accepted", Entry.Outcome.REJECTED: "rejected"}
_NOT_FOUND = {
    "deployments": "No data found for the given deployment ID.",
    "builds": "No data found for the given build ID.",
    "devinfo": "No data found for the given repository ID.",
}


@for_sender({"GET": "read", "HEAD": "read", "DELETE": "delete"}, "GET", "HEAD", "DELETE")
def one(call: Call, *, rest: str) -> HttpResponse:
    """One entity by its key: read what the ledger holds of it, or delete it."""
    candidates = list(_named(call.api, rest))
    if not candidates:
        raise _names_nothing(call.api, rest)
    found = next(filter(None, (ledger.current(call.site, kind, key) for kind, key in candidates)), None)
    if call.request.method == "DELETE":
        kind, key = candidates[0] if found is None else (_kind_of(found), _key_of(found))
        ledger.delete(call.site, _asked(call, kind=kind, key=key, until_sequence=_until(call)))
        return HttpResponse(status=202)
    if found is None:
        raise Refuse(404, _NOT_FOUND[call.api])
    if found.deleted_at is not None:
        gone = answers.refusal(404, _NOT_FOUND[call.api], call.api)
        gone["Waybill-State"] = "deleted"
        return gone
    answer = answers.raw_json(_whole(found) if isinstance(found, Repository) else found.entry.payload)
    answer["Waybill-State"] = _STATES.get(Entry.Outcome(found.entry.outcome), "pending")
    return answer


@for_sender("read", "GET", "HEAD")
def gating_status(call: Call, *, rest: str) -> HttpResponse:
    """The gating status of a deployment: Jira's own answer, asked now."""
    keys = [key for _, key in _named(call.api, rest)]
    if not keys:
        raise _names_nothing(call.api, rest)
    known = (key for key in keys if len(keys) > 1 and ledger.current(call.site, "deployment", key))
    try:
        answer = ledger.gating_status(call.site, next(known, keys[0]))
    except ledger.NotAvailable as unavailable:
        raise Refuse(404, str(unavailable)) from None
    except ledger.NotTold as silence:
        raise Refuse(503, str(silence)) from None
    passed_on = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.header("Retry-After"):
        passed_on["Retry-After"] = answer.header("Retry-After")
    return passed_on


def _names_nothing(api: str, rest: str) -> Refuse:
    """Why a path names nothing: a key that cannot be, or no path of this API."""
    if api == "devinfo" and rest.count("/") > 1:
        return Refuse(400, "The type of an entity must be commit, branch or pull_request.")
    if any(paths.split(kind.name, rest) for kind in of_api(api)):
        return Refuse(404, _NOT_FOUND[api])
    return Refuse(404, "There is no such path in the APIs that Waybill speaks.")


def _named(api: str, rest: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What a path may name: a kind and a key, the likeliest first."""
    if "\0" in rest:
        return
    for kind in of_api(api):
        for parts in paths.split(kind.name, rest):
            key = _typed(kind.key.values(), parts)
            # Ids of development information have no slash, so there is one way only to read their paths.
            if key is not None and not (api == "devinfo" and any("/" in part for part in parts)):
                yield kind.name, key


def _typed(types: Iterable[str], parts: tuple[str, ...]) -> tuple[str | int, ...] | None:
    """The parts of a key as what they are; None when one that has to be a number is none."""
    key: list[str | int] = []
    for type_, part in zip(types, parts, strict=True):
        if type_ != "bigint":
            if len(part) > 1024:
                return None
            key.append(part)
            continue
        if not digits.fit(part):
            return None
        key.append(int(part))
    return tuple(key)


def _kind_of(found: Current) -> str:
    return next(kind.name for kind in KINDS.values() if isinstance(found, kind.model))


def _key_of(found: Current) -> tuple[str | int, ...]:
    return tuple(getattr(found, name) for name in KINDS[_kind_of(found)].key)


def _whole(repository: Repository) -> str:
    """A repository with the latest of what lies in it."""
    inside: list[tuple[Current, str]] = []
    for kind in of_api("devinfo"):
        if kind.name != "repository":
            of_it = {"site": repository.site_id, "repository_id": repository.repository_id, "deleted_at": None}
            rows = kind.model._default_manager.filter(**of_it)
            newest = rows.select_related("entry").order_by("-changed_at", "-id")[:MOST_OF_A_REPOSITORY]
            inside += [(row, kind.contract.array) for row in newest]
    inside.sort(key=lambda pair: pair[0].changed_at, reverse=True)
    arrays: dict[str, list[str]] = {kind.contract.array: [] for kind in of_api("devinfo") if kind.contract.array}
    for row, array in inside[:MOST_OF_A_REPOSITORY]:
        arrays[array].append(row.entry.payload)
    fields = repository.entry.payload.rstrip().removesuffix("}")
    return ",".join([fields, *(f'"{array}":[{",".join(payloads)}]' for array, payloads in arrays.items())]) + "}"


@for_sender("delete", "DELETE")
def bulk_by_properties(call: Call) -> HttpResponse:
    """Delete everything that has all of the given properties."""
    pairs, until = _properties(call)
    ledger.delete(call.site, _asked(call, properties=pairs, until_sequence=until))
    return HttpResponse(status=202)


@for_sender("read", "GET")
def exists_by_properties(call: Call) -> HttpResponse:
    """Whether anything has all of the given properties: of development information only."""
    if call.api != "devinfo":
        raise Refuse(404, "There is no such path in the APIs that Waybill speaks.")
    pairs, until = _properties(call)
    found = ledger.has_with_properties(call.site, call.api, pairs, until)
    return answers.as_json({"hasDataMatchingProperties": found})


def _properties(call: Call) -> tuple[dict[str, str | list[str]], int | None]:
    """The properties of a query, and the sequence up to which they count. Raises `Refuse`."""
    try:
        given = parse_qsl(
            call.request.META.get("QUERY_STRING", ""), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        raise Refuse(400, "The query string is not valid.") from None
    pairs = [(key, value) for key, value in given if key not in ("_updateSequenceNumber", "_updateSequenceId")]
    if not pairs:
        raise Refuse(400, "At least one property is required.")
    if any("\0" in key + value for key, value in pairs):
        raise Refuse(400, "A property must not contain the character U+0000.")
    if call.api == "devinfo" and len({key for key, _ in pairs}) < len(pairs):
        raise Refuse(400, "Each property key can be given once; many values for one key need many requests.")
    values: dict[str, list[str]] = {}
    for key, value in dict.fromkeys(pairs):
        values.setdefault(key, []).append(value)
    # Nothing has two values for one key, so a key with a list matches nothing; Jira is asked all the same.
    return {key: found if len(found) > 1 else found[0] for key, found in values.items()}, _until(call)


def _until(call: Call) -> int | None:
    """Development information's `_updateSequenceId`. Raises `Refuse` when it is no number."""
    given = call.request.GET.get("_updateSequenceId")
    if call.api != "devinfo" or given is None:
        return None
    if not digits.fit(given):
        raise Refuse(400, "'_updateSequenceId' must be a whole number of 64 bits")
    return int(given)


def _asked(call: Call, **what: object) -> Asked:
    return Asked(
        api=call.api,
        received_at=call.received_at,
        token=call.token,
        remote_address=remote.address_of(call.request),
        **what,  # type: ignore[arg-type]
    )
