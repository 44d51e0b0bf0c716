"""What acts are done on, as the pages know it: what it is called, where its page is, and what belongs to it."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from devops_sync import digits, roles
from devops_sync.models import AuditRow, Deletion, Delivery, Deployment, Entry, Gate
from devops_sync.models.current import Current

from . import frame, kinds

# So many versions of an entity, or entries of a request, are looked up with it.
MOST = 100
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Thing = tuple[str, str]
_ENTITIES = {kind.model._meta.model_name or "": kind for kind in kinds.KINDS.values()}
WORDS: Mapping[str, str] = {name: kind.word for name, kind in _ENTITIES.items()} | {
    "submission": "submission",
    "entry": "version",
    "delivery": "delivery",
    "cleanup": "deletion",
    "deletion": "deletion of a client",
    "cleanuprule": "rule that deletes",
    "errand": "resend or check",
    "gate": "gate",
    "lane": "lane",
    "site": "site",
    "token": "token",
    "user": "person",
    "savedview": "saved view",
    "retirement": "retirement",
    "list": "list",
    "audit": "audit log",
}
# Kinds whose pages are found by the number alone.
_PAGES = {"submission": "submission", "delivery": "delivery", "errand": "errand"} | {
    "cleanup": "deletion",
    "cleanuprule": "deletion-rule",
}


def read(text: str) -> Thing | None:
    """The thing that `kind:number` names, None where it names none. The kind may be the pages' word for it, too."""
    kind, colon, number = text.partition(":")
    kind = kind.replace("_", "").replace("-", "").lower()
    return (kind, number) if colon and number and kind in WORDS else None


def named(thing: Thing) -> str:
    """A thing as a filter's chip says it."""
    return f"{WORDS[thing[0]]} {thing[1]}"


def with_all(thing: Thing) -> list[Thing]:
    """The thing, and what happens to it under other names.

    Of an entity these are its versions with the submissions that they came in, its gate, and the deletion that it fell
    under; of a submission and of a delivery the versions in it. Of each the latest `MOST`.
    """
    kind, number = thing
    if kind in _ENTITIES:
        return [thing, *_of_entity(kind, number)]
    if kind == "submission" and _UUID.fullmatch(number):
        inside = Entry.objects.filter(submission=uuid.UUID(number)).order_by("pk").values_list("pk", flat=True)
        return [thing, *(("entry", str(pk)) for pk in inside[:MOST])]
    if kind == "delivery" and digits.only(number):
        found = Delivery.objects.filter(pk=number).values_list("entry_ids", flat=True).first()
        return [thing, *(("entry", str(pk)) for pk in (found or [])[:MOST])]
    return [thing]


def _of_entity(kind: str, number: str) -> Iterable[Thing]:
    name, model = _ENTITIES[kind].name, _ENTITIES[kind].model
    rows = model._default_manager.select_related("entry__submission", "site").defer("entry__submission__raw")
    found: Current | None = rows.filter(pk=number).first() if digits.only(number) else None
    if found is None:
        return
    versions = Entry.objects.of_key(found.site_id, name, found.entry.key).order_by("-pk")
    for pk, submission in versions.values_list("pk", "submission")[:MOST]:
        yield "entry", str(pk)
        yield "submission", str(submission)
    if isinstance(found, Deployment):
        gates = Gate.objects.of_key(found.site_id, found.entry.key).values_list("pk", flat=True)
        yield from (("gate", str(pk)) for pk in gates)
    taken = Deletion.objects.that_took(found, name)
    if taken is not None:
        yield "deletion", str(taken.pk)
        part = getattr(taken, "part", None)
        if part is not None:
            yield "cleanup", str(part.cleanup_id)


@dataclass(frozen=True)
class Links:
    """Where the rows of a page lead, for who reads it: found for all of them at once."""

    subjects: Mapping[int, str]
    actors: Mapping[int, str]


def links(request: HttpRequest, rows: list[AuditRow]) -> Links:
    """The pages of what the rows are about, and of who acted, as far as the reader may open them."""
    reader = _Reader(request, rows)
    return Links(
        {row.pk: url for row in rows if (url := reader.subject(row))},
        {row.pk: url for row in rows if (url := reader.actor(row))},
    )


class _Reader:
    """What somebody may open, of what some rows name."""

    def __init__(self, request: HttpRequest, rows: list[AuditRow]) -> None:
        self._sites = {site.pk: site.slug for site in frame.of(request).sites}
        self._tokens = {site.pk for site in frame.of(request).sites if roles.may(request.user, "tokens", site)}
        self._sees_people = roles.everywhere(request.user, "users")
        self._entries = _pages_of_entries(rows)

    def actor(self, row: AuditRow) -> str:
        if row.actor_kind == AuditRow.ActorKind.USER and row.user_id and self._sees_people:
            return reverse("user", args=[row.user_id])
        if row.actor_kind == AuditRow.ActorKind.TOKEN and row.token_id and row.site_id in self._tokens:
            return reverse("token", args=[row.token_id])
        return ""

    def subject(self, row: AuditRow) -> str:
        kind, number = row.subject_kind, row.subject_id
        if kind == "site":
            slug = self._sites.get(row.site_id or 0, "")
            return reverse("site", args=[slug]) if slug else ""
        if kind == "user":
            return reverse("user", args=[number]) if self._sees_people and digits.only(number) else ""
        if kind == "token":
            return reverse("token", args=[number]) if row.site_id in self._tokens and digits.only(number) else ""
        if kind in ("entry", "gate"):
            return self._entries.get((kind, number), "")
        if kind in _ENTITIES and digits.only(number):
            return _ENTITIES[kind].url(int(number))
        if kind == "lane":
            return f"{reverse('delivery-list')}?{urlencode({'site': row.site})}"
        return reverse(_PAGES[kind], args=[number]) if kind in _PAGES and number else ""


def _pages_of_entries(rows: list[AuditRow]) -> dict[Thing, str]:
    """The pages of the entities whose versions and gates the rows are about."""
    numbers: dict[str, list[int]] = {"entry": [], "gate": []}
    for row in rows:
        if row.subject_kind in numbers and digits.only(row.subject_id):
            numbers[row.subject_kind].append(int(row.subject_id))
    gates = dict(Gate.objects.filter(pk__in=numbers["gate"]).values_list("pk", "entry")) if numbers["gate"] else {}
    wanted = [*numbers["entry"], *gates.values()]
    found = Entry.objects.filter(pk__in=wanted).defer("payload") if wanted else []
    pages = {one.entry.pk: one.url for one in kinds.listed(found)} if wanted else {}
    return {("entry", str(pk)): pages.get(pk, "") for pk in numbers["entry"]} | {
        ("gate", str(pk)): pages.get(entry, "") for pk, entry in gates.items()
    }
