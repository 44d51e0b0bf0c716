"""The entries: whether every one is accounted for, and whether the current state is what they say."""

import secrets
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Count

from .. import drift
from ..kinds import KINDS, Kind
from ..models import Entry, Site
from ..models.balance import Balance, balances, off_balance, together
from .finding import Finding, State, bad, ok, warn

_SAMPLE = 1000
_NAMED = 3
_MOST_ADRIFT = 10_000


def balance() -> Iterator[Finding]:
    """Whether everything received is in exactly one state, site by site and in all."""
    sites = dict(Site.objects.order_by("slug").values_list("pk", "slug"))
    found = balances()
    total = together(found.values())
    off = {pk: one for pk, one in found.items() if one.missing}
    for pk, one in sorted(off.items(), key=lambda item: sites[item[0]]):
        named = ", ".join(str(submission) for submission in off_balance([pk], _NAMED))
        yield bad(
            "balance",
            f"{sites[pk]}: {_equation(one)} {_says_missing(one)}",
            f"Rows were lost or changed behind the ledger's back; restore a backup. Begin at submission {named}.",
        )
    data = {**_terms(total), "sites": {sites[pk]: _terms(one) for pk, one in found.items()}}
    told = f"{total.missing:,} are not accounted for." if off else "Nothing is missing."
    state, do = (State.BAD, "See above.") if off else (State.OK, "")
    yield Finding("balance", state, f"In all: {_equation(total)} {told}", do, data)


def adrift() -> Iterator[Finding]:
    """Whether Jira gave back as it was sent what is current, as far as it was read back."""
    looked_at = list(Entry.objects.adrift().order_by().values_list("pk", flat=True)[:_MOST_ADRIFT])
    rows = drift.current(Entry.objects.filter(pk__in=looked_at)).order_by().values_list("read_back")
    found = dict(rows.annotate(Count("pk")))
    missing, different = (found.get(state, 0) for state in (Entry.ReadBack.MISSING, Entry.ReadBack.DIFFERENT))
    if missing or different:
        least = "At least " if len(looked_at) == _MOST_ADRIFT else ""
        says = (
            f"{least}{missing + different:,} of what is current: {missing:,} missing in Jira, {different:,} different."
        )
        yield warn("drift", says, "See /deliveries/drift/, and send again what Jira should have.")
    else:
        yield ok("drift", "Jira has all that was read back of what is current.")


def _equation(of: Balance) -> str:
    terms = " + ".join(f"{many:,} {outcome.label.lower()}" for outcome, many in of.terms)
    return f"{of.received:,} received {'≠' if of.missing else '='} {terms}."


def _says_missing(of: Balance) -> str:
    return f"{of.missing:,} missing." if of.missing > 0 else f"{-of.missing:,} too many."


def _terms(of: Balance) -> dict[str, int]:
    return {"received": of.received, "missing": of.missing, **{outcome.value: many for outcome, many in of.terms}}


def projection() -> Iterator[Finding]:
    """Whether current rows and entries agree, in a sample: the newest of each kind, and as many from anywhere."""
    looked, wrong, absent = 0, list[str](), list[str]()
    for kind in KINDS.values():
        many, found = _wrong_rows(kind)
        looked += many
        wrong += found
        absent += _absent_rows(kind)
    if wrong:
        says = f"{len(wrong):,} of {looked:,} current rows point at a wrong entry: {', '.join(wrong[:_NAMED])}."
        yield bad("current state", says, "Build it again from the entries.")
    if absent:
        says = f"{len(absent):,} of the newest entries have no current row: {', '.join(absent[:_NAMED])}."
        yield bad("current state", says, "Build it again from the entries.")
    if not wrong and not absent:
        yield ok("current state", f"{looked:,} rows of it are what the entries say.")


def _wrong_rows(kind: Kind) -> tuple[int, list[str]]:
    """How many current rows of a kind were looked at, and which of them the entries contradict.

    No version that was taken may have a higher sequence, unless a deletion came between the two: deletions are
    numbered together with the entries.
    """
    statement = f"""
WITH sampled AS (
    (SELECT id FROM {kind.model._meta.db_table} ORDER BY id DESC LIMIT %(sample)s) UNION
    (SELECT id FROM {kind.model._meta.db_table} WHERE id >= (
        SELECT (%(anywhere)s * max(id))::bigint FROM {kind.model._meta.db_table}
    ) ORDER BY id LIMIT %(sample)s)
), looked AS (
    SELECT held.id, entry.key, (
        entry.site_id = held.site_id AND entry.kind = %(kind)s AND entry.sequence = held.sequence
        AND entry.outcome NOT IN ('refused', 'out_of_order')
        AND (held.deleted_at IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM entry AS other
            WHERE other.site_id = entry.site_id AND other.kind = entry.kind AND other.key = entry.key
              AND other.sequence > held.sequence AND other.outcome <> 'refused'
              AND NOT EXISTS (
                  SELECT 1 FROM deletion
                  WHERE deletion.site_id = held.site_id AND deletion.id > other.id AND deletion.id < entry.id
              )
        ))
    ) AS is_right
    FROM sampled JOIN {kind.model._meta.db_table} AS held USING (id) JOIN entry ON entry.id = held.entry_id
)
SELECT (SELECT count(*) FROM looked), coalesce((SELECT json_agg(key ORDER BY id) FROM looked WHERE NOT is_right), '[]')
"""  # noqa: S608 (names of this project's own)
    anywhere = secrets.randbelow(1000) / 1000
    many, keys = _row(statement, {"sample": _SAMPLE, "anywhere": anywhere, "kind": kind.name})
    return many, [f"{kind.name} {key}" for key in keys]


def _absent_rows(kind: Kind) -> list[str]:
    """The newest entries of a kind of whose key nothing is current, not even as deleted."""
    statement = f"""
SELECT coalesce(json_agg(newest.key), '[]') FROM (
    SELECT site_id, key FROM (SELECT * FROM entry ORDER BY id DESC LIMIT %(sample)s) AS latest
    WHERE kind = %(kind)s AND outcome <> 'refused'
) AS newest
WHERE NOT EXISTS (
    SELECT 1 FROM entry AS version JOIN {kind.model._meta.db_table} AS held ON held.entry_id = version.id
    WHERE version.site_id = newest.site_id AND version.kind = %(kind)s AND version.key = newest.key
)
"""  # noqa: S608 (names of this project's own)
    (keys,) = _row(statement, {"sample": _SAMPLE, "kind": kind.name})
    return [f"{kind.name} {key}" for key in keys]


def _row(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row
