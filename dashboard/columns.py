"""The columns of the lists, a row each: the word in the head, and what a row says there when it is exported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from devops_sync.audit import acts
from devops_sync.models import User

# What a row says under one name, given what stands beside it.
Field = Callable[[Any, Mapping[str, Any]], object]


@dataclass(frozen=True)
class Column:
    """One column. `fields` are what it says, exactly and by ids, where the page says it shorter."""

    name: str
    word: str
    fields: Mapping[str, Field]


def offered(of: str) -> Sequence[Column]:
    """The columns of a list that can be hidden: all but the one that says which row it is."""
    return [column for column in COLUMNS[of] if column.name not in ("id", "what")]


def hidden(request: HttpRequest, of: str) -> frozenset[str]:
    """Those that the person has hidden; to a pulse those that its page was drawn without."""
    if "_hidden" in request.GET:
        names: object = request.GET["_hidden"].split(",")
    else:
        names = request.user.hidden_columns.get(of) if isinstance(request.user, User) else None
    known = {column.name for column in offered(of)}
    return frozenset(known.intersection(names)) if isinstance(names, list) else frozenset()


def shown(request: HttpRequest, of: str) -> Sequence[Column]:
    away = hidden(request, of)
    return [column for column in COLUMNS[of] if column.name not in away]


def _of(path: str) -> Field:
    """What a row has under a dotted path."""
    steps = path.split(".")

    def read(row: Any, beside: Mapping[str, Any]) -> object:
        for step in steps:
            row = getattr(row, step)
        found: object = row
        return found

    return read


def _fields(*names: str, **ways: str | Field) -> dict[str, Field]:
    """Fields of the row's own names, and those that are read another way: under a path, or as told."""
    return {name: _of(name) for name in names} | {
        name: _of(way) if isinstance(way, str) else way for name, way in ways.items()
    }


def _counted(name: str) -> Field:
    return lambda row, beside: beside["many"][name]


def _gate(row: Any, beside: Mapping[str, Any]) -> object:
    return beside["said"].word if "said" in beside else ""


def _digest(row: Any, beside: Mapping[str, Any]) -> object:
    return bytes(row.sha256 or b"").hex()


def _site_or_none(row: Any, beside: Mapping[str, Any]) -> object:
    return row.site.slug if row.site else ""


def _outcomes(row: Any, beside: Mapping[str, Any]) -> object:
    return dict(beside.get("outcomes", {}))


def _carried(row: Any, beside: Mapping[str, Any]) -> object:
    return len(row.entry_ids)


def _verdict(row: Any, beside: Mapping[str, Any]) -> object:
    return row.verdict or "unanswered"


def _differences(row: Any, beside: Mapping[str, Any]) -> object:
    return list(beside["last"].differences) if "last" in beside else []


def _failure(row: Any, beside: Mapping[str, Any]) -> object:
    return beside["last"].failure if "last" in beside else ""


def _lane(row: Any, beside: Mapping[str, Any]) -> object:
    return row.lane.get_priority_display()


def _took(row: Any, beside: Mapping[str, Any]) -> object:
    return row.took.total_seconds() if row.took else None


def _report(row: Any, beside: Mapping[str, Any]) -> object:
    return bytes(row.report_sha256 or b"").hex()


def _confirmed(row: Any, beside: Mapping[str, Any]) -> object:
    return row.confirmed_by.get_username() if row.confirmed_by else ""


def _approved(row: Any, beside: Mapping[str, Any]) -> object:
    return row.approved_by.get_username() if row.approved_by else ""


def _sentence(row: Any, beside: Mapping[str, Any]) -> object:
    return acts.sentence(row.act, actor=row.actor, subject=row.subject, site=row.site)


def _beside(name: str) -> Field:
    return lambda row, beside: beside.get(name)


_ID = Column("id", "", _fields(id="pk"))
_SITE = _fields(site="site.slug")
_ISSUES = Column("issues", "Issues", _fields(issues="issue_keys", issues_unknown_to_jira="entry.unknown_issues"))
_JIRA = Column(
    "jira", "Jira", _fields(jira="entry.outcome", jira_at="entry.outcome_at", submission="entry.submission_id")
)
_READ_BACK = Column("read_back", "Read back", _fields(read_back="entry.read_back", read_back_at="entry.read_back_at"))
_WHEN = Column("when", "When", _fields("changed_at", "reported_at", received_at="first_received_at"))
_STATE = Column("state", "State", _fields("state"))


def _inside(word: str, text: str, said: str, *more: Column) -> list[Column]:
    """The columns of what is in a repository."""
    return [
        _ID,
        Column("what", word, _fields("ident", "repository_id", name="listed_name") | _SITE),
        Column("text", text, _fields("author_name", **{said: "listed_text"})),
        *more,
        _ISSUES,
        _JIRA,
        _READ_BACK,
        _WHEN,
    ]


COLUMNS: Mapping[str, Sequence[Column]] = {
    "deployment": [
        _ID,
        Column("what", "Deployment", _fields("name", "number") | _SITE),
        Column("pipeline", "Pipeline", _fields("pipeline_id", pipeline="pipeline_name")),
        Column(
            "environment", "Environment", _fields("environment_id", "environment_type", environment="environment_name")
        ),
        Column("state", "State", _fields("state", gate=_gate)),
        _ISSUES,
        _JIRA,
        _READ_BACK,
        _WHEN,
    ],
    "build": [
        _ID,
        Column("what", "Build", _fields("name", "number") | _SITE),
        Column("pipeline", "Pipeline", _fields(pipeline="pipeline_id")),
        _STATE,
        Column("tests", "Tests", _fields("tests_total", "tests_passed", "tests_failed", "tests_skipped")),
        _ISSUES,
        _JIRA,
        _READ_BACK,
        _WHEN,
    ],
    "repository": [
        _ID,
        Column("what", "Repository", _fields("name", "repository_id") | _SITE),
        Column("address", "Address", _fields("url")),
        Column("commits", "Commits", _fields(commits=_counted("commit"))),
        Column("branches", "Branches", _fields(branches=_counted("branch"))),
        Column("pull_requests", "Pull requests", _fields(pull_requests=_counted("pull_request"))),
        _JIRA,
        _READ_BACK,
        Column("when", "Changed", _WHEN.fields),
    ],
    "commit": _inside("Commit", "Message", "message"),
    "branch": _inside("Branch", "Last commit", "last_commit"),
    "pull_request": _inside("Pull request", "Title", "title", Column("state", "State", _fields(state="status"))),
    "submission": [
        _ID,
        Column("what", "Submission", _fields("api", sha256=_digest)),
        Column("sender", "From", _fields("sender", site=_site_or_none)),
        Column("answered", "Answered", _fields("status")),
        Column(
            "became",
            "What became of it",
            _fields("refusal", entities="entry_count", outcomes=_outcomes),
        ),
        Column("size", "Size", _fields("size")),
        Column("when", "Received", _fields("received_at")),
    ],
    "delivery": [
        _ID,
        Column("site", "Site", _fields(site="lane.site.slug", api="lane.api", lane=_lane)),
        Column(
            "carried",
            "Carried",
            _fields(entities=_carried, deletion="deletion_id"),
        ),
        Column("verdict", "Verdict", _fields(verdict=_verdict)),
        Column("answer", "Answer", _fields("status", "failure", trace="trace_id")),
        Column("took", "Took", _fields(took_seconds=_took)),
        Column("when", "Sent", _fields("started_at", "finished_at")),
    ],
    "drift": [
        _ID,
        Column("what", "What", _fields("kind", "key")),
        Column("site", "Site", _SITE),
        Column("state", "State", _fields("read_back")),
        Column(
            "differs",
            "What differs",
            _fields(differences=_differences, failure=_failure),
        ),
        Column("sent", "Sent", _fields("submission_id", sent_at="outcome_at")),
        Column("read", "Read", _fields("read_back_at")),
    ],
    "deletion": [
        _ID,
        Column("site", "Site", _SITE),
        Column("criteria", "What", _fields("what", "apis", "properties", "person")),
        Column("state", "State", _fields("state", "stopped_for", report_sha256=_report)),
        Column("total", "Previewed", _fields("total", "waiting", "fingerprint")),
        Column("by", "By", _fields("sender", "origin", "reason", confirmed_by=_confirmed, approved_by=_approved)),
        Column("when", "Asked for", _fields("asked_at", "confirmed_at", "started_at", "finished_at")),
    ],
    "audit": [
        Column("id", "", _fields(row_id="pk")),
        Column("what", "What", _fields("act", sentence=_sentence)),
        Column("when", "When", _fields("at")),
        Column("who", "Who", _fields("actor_kind", "actor", "user_id", "token_id")),
        Column("subject", "On what", _fields("subject_kind", "subject_id", "subject")),
        Column("site", "Site", _fields("site")),
        Column("address", "From", _fields(address="remote_address")),
        Column("changes", "Before and after", _fields("before", "after")),
        Column("chain", "In the chain", _fields(position=_beside("position"), key_id=_beside("key_id"))),
    ],
}
