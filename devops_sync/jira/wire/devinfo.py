"""The development information API: 0.10 on a site, 0.1 on the gateway.

A request holds repositories, and each repository its commits, branches and pull requests. Every one of them
is an entity with a sequence of its own.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from . import reading
from .associations import Association, named
from .reading import Bulk, Fault, Instant, Int64, Item, Malformed, Text255, Url
from .said import reason, sentence

MAX_REPOSITORIES = 100
MAX_ENTITIES = 1000
MAX_OF_A_TYPE = 400
MAX_MESSAGE = 1024

_AROUND: dict[str, tuple[Any, str]] = {
    "preventTransitions": (bool | None, "true or false"),
    "operationType": (Literal["NORMAL", "BACKFILL"] | None, "NORMAL or BACKFILL"),
}
_ID = re.compile(r"[A-Za-z0-9~.\-_]{1,1024}")
_ISSUE_KEY = re.compile(r"[^\W\d_]\w{1,255}-\d{1,255}")

Text1024 = Annotated[str, Meta(max_length=1024)]
Ident = Annotated[str, Meta(min_length=1, max_length=1024)] | int
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Repository(Struct, rename="camel"):
    """What a repository says of itself."""

    id: Ident
    name: Text255
    url: Url
    update_sequence_id: Int64
    description: Text1024 | None = None
    fork_of: Text1024 | None = None
    avatar: Url | None = None
    avatar_description: Text1024 | None = None


class Author(Struct, rename="camel"):
    name: Text255 | None = None
    email: Text255 | None = None
    username: Text255 | None = None
    url: Url | None = None
    avatar: Url | None = None


class File(Struct, rename="camel"):
    path: Text1024
    url: Url
    change_type: Literal["ADDED", "COPIED", "DELETED", "MODIFIED", "MOVED", "UNKNOWN"]
    lines_added: Count
    lines_removed: Count


class Commit(Struct, rename="camel"):
    """One commit."""

    id: Ident
    update_sequence_id: Int64
    message: str
    author: Author
    file_count: Count
    url: Url
    author_timestamp: Instant
    display_id: Text255
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    hash: Text255 | None = None
    flags: list[Literal["MERGE_COMMIT"]] | None = None
    files: Annotated[list[File], Meta(max_length=10)] | None = None


class Branch(Struct, rename="camel"):
    """One branch, with the whole of its last commit."""

    id: Ident
    update_sequence_id: Int64
    name: Annotated[str, Meta(max_length=512)]
    last_commit: Commit
    url: Url
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    create_pull_request_url: Url | None = None


class Reviewer(Struct, rename="camel"):
    name: Text255 | None = None
    approval_status: Literal["APPROVED", "UNAPPROVED", "NEEDSWORK"] | None = None
    url: Url | None = None
    avatar: Url | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    account_id: Annotated[str, Meta(max_length=128)] | None = None


class PullRequest(Struct, rename="camel"):
    """One pull request. DRAFT is not documented, and GitHub for Jira sends it."""

    id: Ident
    update_sequence_id: Int64
    status: Literal["OPEN", "MERGED", "DECLINED", "UNKNOWN", "DRAFT"]
    title: Text1024
    author: Author
    comment_count: Count
    source_branch: Text255
    last_update: Instant
    url: Url
    display_id: Text255
    issue_keys: list[str] | None = None
    associations: list[Association] | None = None
    source_branch_url: Url | None = None
    destination_branch: Text255 | None = None
    destination_branch_url: Url | None = None
    reviewers: list[Reviewer] | None = None


# kind: (the array in a repository, the word in a path, what it is read as)
ENTITIES: dict[str, tuple[str, str, type[Commit | Branch | PullRequest]]] = {
    "commit": ("commits", "commit", Commit),
    "branch": ("branches", "branch", Branch),
    "pull_request": ("pullRequests", "pull_request", PullRequest),
}
ARRAYS = {kind: array for kind, (array, _, _) in ENTITIES.items()}


def read_devinfo(body: bytes) -> Bulk:
    """Read the body of a storeDevelopmentInformation request. Raises `Malformed` when Jira would answer 400.

    Each repository is an item, followed by its commits, branches and pull requests.
    """
    envelope = reading.open_body(body)
    properties = reading.properties(envelope.get("properties"))
    raws = reading.entities(envelope, "repositories")
    _check_around(envelope)
    if len(raws) > MAX_REPOSITORIES:
        raise Malformed(f"'repositories' can have a maximum of {MAX_REPOSITORIES} elements")
    items: list[Item] = []
    for position, raw in enumerate(raws):
        items.extend(_repository(raw, f"repositories[{position}]"))
    _check_counts(items)
    return Bulk(reading.around(envelope, "repositories"), properties, items)


def _check_around(envelope: dict[str, Raw]) -> None:
    """The fields around the repositories that the reference describes; all others are Jira's to judge."""
    for name, (type_, said) in _AROUND.items():
        try:
            msgspec.json.decode(envelope.get(name, b"null"), type=type_)
        except (msgspec.DecodeError, RecursionError):
            raise Malformed(f"'{name}' must be {said}") from None


def _check_counts(items: list[Item]) -> None:
    count = sum(item.kind != "repository" for item in items)
    if count > MAX_ENTITIES:
        raise Malformed(f"A request can have a maximum of {MAX_ENTITIES} development information entities")
    seen: set[str] = set()
    for item in items:
        if item.kind == "repository" and item.key:
            if item.key["repositoryId"] in seen:
                raise Malformed(f"The repository '{item.key['repositoryId']}' is there more than once")
            seen.add(item.key["repositoryId"])


def _repository(raw: Raw, place: str) -> Iterator[Item]:
    fields = _fields(raw, place)
    raws = {kind: _of_type(fields, array, place) for kind, (array, _, _) in ENTITIES.items()}
    alone = "{" + ",".join(f"{_quoted(name)}:{reading.text(value)}" for name, value in fields.items()) + "}"
    item = Item(raw=alone, key={}, kind="repository")
    repository_id = ""
    try:
        value = msgspec.json.decode(alone.encode(), type=Repository)
        repository_id = _ident(value.id, "id")
        item.key = {"repositoryId": repository_id}
        reading.check_addresses(url=value.url)
        item.value = value
    except (Fault, msgspec.ValidationError) as fault:
        item.fault = str(fault) if isinstance(fault, Fault) else sentence(str(fault))
        found = reading.loosely(Raw(alone.encode())).get("id")
        repository_id = str(found)[:1024] if isinstance(found, str | int) else ""
        item.key = {"repositoryId": repository_id} if repository_id else {}
    yield item
    for kind, of_kind in raws.items():
        yield from _entities(kind, of_kind, repository_id, item.fault, place)


def _fields(raw: Raw, place: str) -> dict[str, Raw]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Raw])
    except msgspec.ValidationError:
        raise Malformed(f"'{place}' must be an object") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"'{place}' is not valid JSON: {reason(error)}.") from None
    except RecursionError:
        raise reading.nested_too_deeply() from None


def _of_type(fields: dict[str, Raw], array: str, place: str) -> list[Raw]:
    raw = fields.pop(array, None)
    if raw is None or bytes(raw) == b"null":
        return []
    try:
        found = msgspec.json.decode(raw, type=list[Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"'{place}.{array}' must be an array") from None
    if len(found) > MAX_OF_A_TYPE:
        raise Malformed(f"'{place}.{array}' can have a maximum of {MAX_OF_A_TYPE} elements")
    return found


def _entities(kind: str, raws: list[Raw], repository_id: str, fault: str, place: str) -> Iterator[Item]:
    seen: set[str] = set()
    for raw in raws:
        item = _entity(kind, raw, repository_id)
        if fault and not item.fault:
            # An entity cannot be stored without the repository that it belongs to.
            item.fault, item.value = f"Its repository is refused: {fault}", None
        ident = str(item.key.get("id", ""))
        if ident and ident in seen:
            raise Malformed(f"'{place}.{ENTITIES[kind][0]}' has the id '{ident[:80]}' more than once")
        seen.add(ident)
        yield item


def _entity(kind: str, raw: Raw, repository_id: str) -> Item:
    item = Item(raw=reading.text(raw), key={}, kind=kind)
    try:
        value = msgspec.json.decode(raw, type=ENTITIES[kind][2])
        item.key = {"repositoryId": repository_id, "id": _ident(value.id, "id", whole=kind == "branch")}
        item.named = _named(value)
        _check(value)
        item.value = value
        _mend(item)
    except Fault as fault:
        item.fault = str(fault)
    except msgspec.ValidationError as error:
        item.fault = sentence(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"'{ENTITIES[kind][0]}' is not valid JSON: {reason(error)}.") from None
    except RecursionError:
        raise reading.nested_too_deeply() from None
    if not item.key:
        found = reading.loosely(raw).get("id")
        item.key = {"repositoryId": repository_id}
        if isinstance(found, str | int):
            item.key["id"] = str(found)[:1024]
    return item


def _ident(value: str | int, name: str, *, whole: bool = False) -> str:
    """An id as text. A branch's with a character that Jira does not take fails the `whole` request."""
    text = str(value)
    if not _ID.fullmatch(text):
        said = f"'{name}' can only have the characters A-Z, a-z, 0-9, '~', '.', '-' and '_', 1024 at most"
        if whole:
            raise Malformed(f"devInformation.repository.branch.id.invalid: {said}")
        raise Fault(said)
    return text


def _named(value: Commit | Branch | PullRequest) -> reading.Named:
    if value.issue_keys and value.associations:
        raise Malformed(
            "issueKeys and associations are mutually exclusive. Either only specify issueKeys or pass issueKeys"
            " as an associationType."
        )
    if value.issue_keys and len(value.issue_keys) > 500:
        raise Fault("Too many issue keys in entity")
    found = named(value.issue_keys, value.associations, most=5)
    for key in value.issue_keys or ():
        if not _ISSUE_KEY.fullmatch(key):
            raise Fault(f"'issueKeys' has '{key[:80]}', which is no issue key such as ABC-123")
    return found


def _check(value: Commit | Branch | PullRequest) -> None:
    reading.check_addresses(url=value.url)
    if isinstance(value, Commit):
        reading.check_instant("authorTimestamp", value.author_timestamp)
        if value.flags and len(set(value.flags)) < len(value.flags):
            raise Fault("'flags' has a flag more than once")
        reading.check_addresses(**{f"files[{n}]__url": file.url for n, file in enumerate(value.files or ())})
    elif isinstance(value, Branch):
        _ident(value.last_commit.id, "lastCommit.id")
        if value.last_commit.issue_keys or value.last_commit.associations:
            _named(value.last_commit)
        reading.check_addresses(lastCommit__url=value.last_commit.url)
        reading.check_instant("lastCommit.authorTimestamp", value.last_commit.author_timestamp)
        reading.check_addresses(createPullRequestUrl=value.create_pull_request_url)
    else:
        reading.check_instant("lastUpdate", value.last_update)
        reading.check_addresses(
            sourceBranchUrl=value.source_branch_url, destinationBranchUrl=value.destination_branch_url
        )


def _mend(item: Item) -> None:
    """Cut a commit message to what Jira keeps of it. Atlassian: "If longer, it will be truncated"."""
    value = item.value
    commit = value.last_commit if isinstance(value, Branch) else value
    if not isinstance(commit, Commit) or len(commit.message) <= MAX_MESSAGE:
        return
    length = len(commit.message)
    fields = msgspec.json.decode(item.raw.encode(), type=dict[str, Raw])
    if isinstance(value, Branch):
        inner = msgspec.json.decode(fields["lastCommit"], type=dict[str, Raw])
        inner["message"] = _cut(commit.message)
        fields["lastCommit"] = Raw(msgspec.json.encode(inner))
        item.mends = (f"The message of the last commit was cut from {length} to {MAX_MESSAGE} characters.",)
    else:
        fields["message"] = _cut(commit.message)
        item.mends = (f"The message was cut from {length} to {MAX_MESSAGE} characters.",)
    commit.message = commit.message[:MAX_MESSAGE]
    item.raw = msgspec.json.encode(fields).decode()


def _cut(message: str) -> Raw:
    return Raw(msgspec.json.encode(message[:MAX_MESSAGE]))


def _quoted(name: str) -> str:
    return msgspec.json.encode(name).decode()
