"""The kinds of the ledger, a row each: in which table an entity is current, under which key, with which columns.

What Jira says of a kind (its API, its fields, its key in receipts) stands in `jira.wire.kinds`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import Any

from .jira import keys, wire
from .models import Branch, Build, Commit, Deployment, PullRequest, Repository
from .models.current import Current

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind. `key` and `columns` are the columns of its table with their types in SQL."""

    name: str
    model: type[Current]
    key: Mapping[str, str]
    columns: Mapping[str, str]
    read: Callable[[Any], Row]

    @cached_property
    def contract(self) -> wire.Kind:
        return wire.KINDS[self.name]

    @property
    def api(self) -> str:
        return self.contract.api

    def key_of(self, item: wire.Item) -> str:
        """The key of an item as text; of a faulty one that does not show all of it, nothing."""
        parts = [item.key.get(name) for name in self.contract.key]
        return "" if None in parts else keys.text(*parts)  # type: ignore[arg-type]

    def row(self, position: int, item: wire.Item) -> Row:
        """The columns of a valid entity, for its entry and for the current state."""
        parts = [item.key[name] for name in self.contract.key]
        columns = self.read(item.value)
        reported_at = columns["reported_at"]
        return {
            "position": position,
            "key": keys.text(*parts),
            "sequence": getattr(item.value, self.contract.sequence),
            "payload": item.raw,
            "mends": item.mends,
            "issue_keys": [key.upper() for key in item.named.issues],
            **dict(zip(self.key, parts, strict=True)),
            **columns,
            # PostgreSQL takes no time zone of 16 hours and more; the instant is the same in UTC.
            "reported_at": reported_at.astimezone(UTC) if reported_at else None,
        }


def _deployment(value: wire.Deployment) -> Row:
    return {
        "state": value.state,
        "display_name": value.display_name,
        "label": value.label or "",
        "description": value.description,
        "url": value.url,
        "pipeline_name": value.pipeline.display_name,
        "pipeline_url": value.pipeline.url,
        "environment_name": value.environment.display_name,
        "environment_type": value.environment.type,
        "duration": value.duration,
        "gated": wire.asks_for_a_gate(value),
        "reported_at": value.last_updated,
    }


def _build(value: wire.Build) -> Row:
    tests, references = value.test_info, value.references or ()
    return {
        "state": value.state,
        "display_name": value.display_name,
        "label": value.label or "",
        "description": value.description or "",
        "url": value.url,
        "tests_total": tests.total_number if tests else None,
        "tests_passed": tests.number_passed if tests else None,
        "tests_failed": tests.number_failed if tests else None,
        "tests_skipped": tests.number_skipped if tests else None,
        "commit_ids": [reference.commit.id for reference in references if reference.commit],
        "ref_names": [reference.ref.name for reference in references if reference.ref],
        "reported_at": value.last_updated,
    }


def _repository(value: wire.Repository) -> Row:
    # A repository says nothing of when it changed; the moment of receipt stands in for it.
    return {"name": value.name, "description": value.description or "", "url": value.url, "reported_at": None}


def _commit(value: wire.Commit) -> Row:
    return {
        "display_id": value.display_id,
        "message": value.message,
        "author_name": _name(value.author),
        "file_count": value.file_count,
        "is_merge": "MERGE_COMMIT" in (value.flags or ()),
        "url": value.url,
        "reported_at": value.author_timestamp,
    }


def _branch(value: wire.Branch) -> Row:
    last = value.last_commit
    return {
        "name": value.name,
        "last_commit_id": str(last.id),
        "last_commit_display_id": last.display_id,
        "last_commit_message": last.message,
        "author_name": _name(last.author),
        "url": value.url,
        "reported_at": last.author_timestamp,
    }


def _pull_request(value: wire.PullRequest) -> Row:
    return {
        "display_id": value.display_id,
        "title": value.title,
        "status": value.status,
        "author_name": _name(value.author),
        "source_branch": value.source_branch,
        "destination_branch": value.destination_branch or "",
        "comment_count": value.comment_count,
        "url": value.url,
        "reported_at": value.last_update,
    }


def _name(author: Any) -> str:
    return author.name or author.username or ""


def _columns(texts: str, **others: str) -> dict[str, str]:
    """Columns of text by their names, and the others with their types."""
    shared = {"issue_keys": "text[]", "reported_at": "timestamptz"}
    return {**dict.fromkeys(texts.split(), "text"), **others, **shared}


_IN_REPOSITORY = {"repository_id": "text", "ident": "text"}
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "deployment",
            Deployment,
            {"pipeline_id": "text", "environment_id": "text", "number": "bigint"},
            _columns(
                "state display_name label description url pipeline_name pipeline_url environment_name environment_type",
                duration="bigint",
                gated="boolean",
            ),
            _deployment,
        ),
        Kind(
            "build",
            Build,
            {"pipeline_id": "text", "number": "bigint"},
            _columns(
                "state display_name label description url",
                **dict.fromkeys(("tests_total", "tests_passed", "tests_failed", "tests_skipped"), "int"),
                **dict.fromkeys(("commit_ids", "ref_names"), "text[]"),
            ),
            _build,
        ),
        Kind("repository", Repository, {"repository_id": "text"}, _columns("name description url"), _repository),
        Kind(
            "commit",
            Commit,
            _IN_REPOSITORY,
            _columns("display_id message author_name url", file_count="int", is_merge="boolean"),
            _commit,
        ),
        Kind(
            "branch",
            Branch,
            _IN_REPOSITORY,
            _columns("name last_commit_id last_commit_display_id last_commit_message author_name url"),
            _branch,
        ),
        Kind(
            "pull_request",
            PullRequest,
            _IN_REPOSITORY,
            _columns("display_id title status author_name source_branch destination_branch url", comment_count="int"),
            _pull_request,
        ),
    )
}
APIS = tuple(dict.fromkeys(kind.api for kind in KINDS.values()))


def of_api(api: str) -> Iterable[Kind]:
    """The kinds that one API carries."""
    return [kind for kind in KINDS.values() if kind.api == api]
