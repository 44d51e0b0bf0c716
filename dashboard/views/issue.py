"""`/issues/<KEY>/`: everything that touched an issue, how far it has come, and what still waits."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from devops_sync import digits, roles
from devops_sync.models import Entry, Repository, Site
from devops_sync.models import issue as touching
from devops_sync.models.issue import Event, Tally, Touched

from .. import frame, issues, ladder, live, timeline, zone
from ..doors import readers_only
from ..filters import ISSUE_KEY, Filters
from ..kinds import KINDS
from ..methods import require_GET

SIZE = 100
# How many of the newest are looked at for what waits, what was rejected and what Jira knows.
LOOKED_AT = 500
BUSY = 2000


@dataclass(frozen=True)
class Page:
    """One page of events, with the marks where its neighbours begin."""

    shown: list[Event]
    newer: str | None
    older: str | None
    is_paged: bool

    size = SIZE


@dataclass(frozen=True)
class Shown:
    """One event, with the current row that tells of it."""

    kind: str
    row: Any
    outcome: str
    repository: Repository | None


@require_GET
@readers_only
def issue(request: HttpRequest, key: str) -> HttpResponse:
    if key != key.upper():
        query = request.META.get("QUERY_STRING", "")
        return redirect(issues.url_of(key.upper()) + (f"?{query}" if query else ""))
    filters = Filters(request.GET, frame.of(request).sites)
    ids = [] if filters.problems else [site.pk for site in filters.sites]
    found = touching.touched(ids, key, **_asked(request)) if "\0" not in key else Touched()
    if not found.tallies:
        return _untouched(request, filters, key)
    return _page(request, filters, ids, key, found)


def _untouched(request: HttpRequest, filters: Filters, key: str) -> HttpResponse:
    is_key = bool(ISSUE_KEY.fullmatch(key))
    context = {
        "key": key,
        "is_key": is_key,
        "project": key.rpartition("-")[0] if is_key else "",
        "filters": filters,
        "links": [(site, link) for site in filters.sites if is_key and (link := _in_jira(site, key))],
    }
    status = 400 if filters.problems else 404
    return live.page(
        request, "issue_untouched.html", context, [live.Part("part-untouched", "untouched")], every=5, status=status
    )


def _page(request: HttpRequest, filters: Filters, ids: list[int], key: str, found: Touched) -> HttpResponse:
    now, with_deleted = frame.of(request).now, _with_deleted(request)
    counted = [one for one in found.tallies if with_deleted or not one.is_deleted]
    page, looked_at = _events(request, filters, found.events)
    shown = _rows(page.shown, looked_at)
    sites = {site.pk: site for site in filters.sites}
    touched = [sites[pk] for pk in sorted({one.site_id for one in found.tallies}, key=lambda pk: sites[pk].slug)]
    reached = ladder.build(found.standings, found.pipelines)
    counts = _counts(counted)
    total = sum(one.count for one in counted)
    context: dict[str, Any] = {
        "key": key,
        "project": key.rpartition("-")[0],
        "filters": filters,
        "title": touching.title(ids, key),
        "sites": touched,
        "site_of": {pk: site for pk, site in sites.items() if len(touched) > 1},
        "links": [(site, link) for site in touched if (link := _in_jira(site, key))],
        "ladder": reached,
        "timeline": timeline.draw(counted, now, reached.left_at),
        "events": total,
        "days": _by_day(shown),
        "page": page,
        "counts": counts,
        "deleted": sum(one.count for one in found.tallies if one.is_deleted),
        "with_deleted": with_deleted,
        "first_at": min((one.seen_at for one in counted), default=None),
        "to_production": _to_production(counted),
        "repositories": list(dict.fromkeys(one.repository for one in shown if one.repository)),
        "settled": _settled(looked_at, key),
        "known": _known(looked_at, key),
        "looked_at": len(looked_at) if len(looked_at) < total else 0,
        "today": zone.day_of(now),
        "may_evidence": any(roles.may_take_evidence(request.user, site) for site in touched),
    }
    is_moving = any(one.outcome == Entry.Outcome.WAITING for one in looked_at) or any(
        one.state in ("in_progress", "pending", "gated") for one in counted
    )
    parts = [live.Part(f"part-{name}", name) for name in ("title", "where", "line", "events", "beside")]
    return live.page(
        request,
        "issue.html",
        context,
        parts,
        every=None if page.is_paged or filters.problems else _beat(total, is_moving=is_moving),
        status=400 if filters.problems else 200,
    )


def _beat(events: int, *, is_moving: bool) -> int:
    """Seconds until a page that follows asks again; less often where there is much to count."""
    return (2 if is_moving else 5) * (1 if events <= BUSY else 5)


def _in_jira(site: Site, key: str) -> str:
    """Where the issue is in Jira: by https only."""
    return f"{site.url.rstrip('/')}/browse/{quote(key, safe='')}" if site.url.startswith("https://") else ""


# ── The events ─────────────────────────────────────────────────────────────────────────────────────


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Which events the address asks for: a page, or of the first one as many as are looked at."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    mark = _read(after or before)
    place = {} if mark is None else {"older": mark} if after else {"newer": mark}
    return {"most": LOOKED_AT if mark is None else SIZE + 1, **place, "deleted": _with_deleted(request)}


def _with_deleted(request: HttpRequest) -> bool:
    return request.GET.get("deleted") == "1"


def _events(request: HttpRequest, filters: Filters, found: list[Event]) -> tuple[Page, list[Event]]:
    """The page that the address asks for, and the newest of all where that is the first page."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    has_more = len(found) > SIZE
    if _read(after or before) is None:
        if after or before:
            filters.problems.append("It names a place in the list that cannot be one. Go back to the newest.")
        return Page(found[:SIZE], None, _write(found[SIZE - 1]) if has_more else None, is_paged=False), found
    if after:
        newer = _write(found[0]) if found else None
        return Page(found[:SIZE], newer, _write(found[SIZE - 1]) if has_more else None, is_paged=True), []
    shown = found[-SIZE:]
    return Page(shown, _write(shown[0]) if has_more else None, _write(shown[-1]) if shown else None, True), []


def _write(event: Event) -> str:
    return f"{event.changed_at.astimezone(dt.UTC).isoformat().replace('+00:00', 'Z')},{event.kind},{event.pk}"


def _read(place: str) -> touching.Mark | None:
    text, _, rest = place.partition(",")
    kind, _, number = rest.partition(",")
    if kind not in touching.KINDS or not digits.only(number):
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        return (instant.astimezone(dt.UTC), kind, int(number)) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _rows(events: Iterable[Event], looked_at: Iterable[Event]) -> list[Shown]:
    """The rows of the events, with who sent them: a query for each kind, and one for the repositories."""
    events = list(events)
    ids: dict[str, list[int]] = {kind: [] for kind in touching.KINDS}
    for event in events:
        ids[event.kind].append(event.pk)
    rows = {(kind, row.pk): row for kind, pks in ids.items() for row in _of_kind(kind, pks)}
    homes = {(row.site_id, row.repository_id) for row in rows.values() if hasattr(row, "repository_id")}
    known = Repository.objects.filter(
        site__in={site for site, _ in homes}, repository_id__in={ident for _, ident in homes}
    )
    repositories = {(one.site_id, one.repository_id): one for one in known.only("site", "repository_id", "name")}
    return [
        Shown(event.kind, row, event.outcome, repositories.get((row.site_id, getattr(row, "repository_id", ""))))
        for event in events
        if (row := rows.get((event.kind, event.pk))) is not None
    ]


# What is said of a row and of whoever sent it: a hundred rows with all that they have take longer to read than to draw.
_SAID = (
    "site",
    "changed_at",
    "deleted_at",
    "entry__submission__purpose",
    "entry__submission__path",
    "entry__submission__token__name",
    "entry__submission__user__username",
)
_NAMED = ("pipeline_id", "number", "label", "display_name", "state")
_SAID_OF = {
    "branch": ("repository_id", "name", "last_commit_display_id"),
    "commit": ("repository_id", "display_id", "message"),
    "pull_request": ("repository_id", "display_id", "title", "status"),
    "build": (*_NAMED, "tests_total", "tests_failed"),
    "deployment": (*_NAMED, "gated", "pipeline_name", "environment_name", "duration"),
}


def _of_kind(kind: str, pks: list[int]) -> Iterable[Any]:
    found = KINDS[kind].model._default_manager.filter(pk__in=pks)
    return found.select_related("entry__submission__token", "entry__submission__user").only(*_SAID, *_SAID_OF[kind])


def _by_day(shown: Iterable[Shown]) -> list[tuple[dt.date, list[Shown]]]:
    days: dict[dt.date, list[Shown]] = {}
    for one in shown:
        days.setdefault(zone.day_of(one.row.changed_at), []).append(one)
    return list(days.items())


# ── What is said of them ───────────────────────────────────────────────────────────────────────────


def _counts(tallies: Iterable[Tally]) -> list[tuple[Any, int, int]]:
    """Of each kind how many, and how many of them failed."""
    all_, failed = Counter[str](), Counter[str]()
    for one in tallies:
        all_[one.kind] += one.count
        failed[one.kind] += one.count if one.state == "failed" else 0
    return [(KINDS[kind], all_[kind], failed[kind]) for kind in touching.KINDS if all_[kind]]


def _to_production(tallies: Iterable[Tally]) -> tuple[dt.timedelta, str] | None:
    """How long it took from the first of what was written to the first success in production."""
    tallies = list(tallies)
    went = [one.first_at for one in tallies if one.environment_type == "production" and one.state == "successful"]
    for kind in ("commit", "branch", "pull_request"):
        began = [one.first_at for one in tallies if one.kind == kind]
        if went and began and min(began) <= min(went):
            return min(went) - min(began), KINDS[kind].word
    return None


def _settled(looked_at: Iterable[Event], key: str) -> list[tuple[str, Any, int, str]]:
    """What waits to be sent and what Jira rejected: the outcome, the kind, how many, and where they are."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in looked_at:
        if one.outcome in (Entry.Outcome.WAITING, Entry.Outcome.REJECTED):
            found.setdefault((one.outcome, one.kind), []).append(one.pk)
    said = []
    for (outcome, name), pks in sorted(found.items(), reverse=True):
        kind = KINDS[name]
        has_list = kind.name in ("deployment", "build")
        query = f"?issue={quote(key, safe='')}&jira={outcome}"
        url = reverse(kind.list_view) + query if has_list and len(pks) > 1 else kind.url(pks[0])
        said.append((outcome, kind, len(pks), url))
    return said


def _known(looked_at: Iterable[Event], key: str) -> str:
    """Whether Jira knew the issue, as its answers say it, the latest first: a case of the template's."""
    told = [
        key in {one.upper() for one in event.unknown_issues}
        for event in looked_at
        if event.unknown_issues or event.outcome == Entry.Outcome.ACCEPTED
    ]
    if not told:
        return ""
    if told[0]:
        return "never" if all(told) else "not any more"
    return "since" if any(told) else "always"
