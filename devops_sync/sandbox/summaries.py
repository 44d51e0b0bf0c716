"""What lists say of an entity, kind by kind."""

from datetime import datetime

from msgspec import Struct

from devops_sync.jira import wire


class Summary(Struct, array_like=True):
    """What a list says. `place` is the pipeline or the repository, `detail` what one asks about next."""

    name: str
    number: str
    place: str
    detail: str
    state: str = ""
    updated_at: datetime | None = None
    url: str = ""
    environment_type: str = ""


def deployment(value: wire.Deployment) -> Summary:
    return Summary(
        name=value.label or value.display_name,
        number=f"#{value.deployment_sequence_number}",
        place=value.pipeline.display_name,
        detail=value.environment.display_name,
        state=value.state,
        updated_at=value.last_updated,
        url=value.url,
        environment_type=value.environment.type,
    )


def build(value: wire.Build) -> Summary:
    tests = value.test_info
    return Summary(
        name=value.display_name,
        number=f"#{value.build_number}",
        place=str(value.pipeline_id),
        detail=f"{tests.number_passed} of {tests.total_number} tests passed" if tests else "no tests told",
        state=value.state,
        updated_at=value.last_updated,
        url=value.url,
    )


def repository(value: wire.Repository) -> Summary:
    return Summary(name=value.name, number="", place=str(value.id), detail=value.description or "", url=value.url)


def commit(value: wire.Commit) -> Summary:
    return Summary(
        name=value.message.partition("\n")[0],
        number=value.display_id,
        place="",
        detail=value.author.name or value.author.username or value.author.email or "",
        updated_at=value.author_timestamp,
        url=value.url,
    )


def branch(value: wire.Branch) -> Summary:
    last = value.last_commit
    return Summary(
        name=value.name,
        number="",
        place="",
        detail=f"at {last.display_id}: {last.message.partition(chr(10))[0]}",
        updated_at=last.author_timestamp,
        url=value.url,
    )


def pull_request(value: wire.PullRequest) -> Summary:
    return Summary(
        name=value.title,
        number=value.display_id,
        place="",
        detail=f"{value.source_branch} to {value.destination_branch}" if value.destination_branch else "",
        state=value.status,
        updated_at=value.last_update,
        url=value.url,
    )
