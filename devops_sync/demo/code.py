"""What lies before each release of the demo: branches, commits, pull requests and builds, named after its issues."""

import datetime as dt
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .history import CI, Event, Line, Release, instant, sequence

REPOSITORY_URL = "https://git.example"
_LAST_ISSUE = 2000  # Beyond it are the keys that somebody mistyped: no branch was ever named after them.
_AUTHORS = ("Mira Okafor", "Jonas Lind", "Tess Moreau", "Ravi Nair", "Lena Vogt", "Sam Whitaker")
_VERBS = ("Mend", "Speed up", "Simplify", "Log", "Guard", "Translate", "Cache", "Retry", "Validate", "Rework")
_THINGS = {
    "checkout-api": ("the basket", "vouchers", "the address form", "stock reservations", "the order confirmation"),
    "web-storefront": ("the product page", "search suggestions", "the cookie banner", "image sizes", "the footer"),
    "payments-worker": ("refunds", "card retries", "the settlement file", "payout dates", "currency rounding"),
    "identity": ("password resets", "session expiry", "the sign-in page", "group look-ups", "passkeys"),
}
_SECOND_THOUGHTS = ("Add a test", "Answer the review", "Tidy up", "Name things better", "Update the docs")
_FIRST_PULL_REQUEST, _FIRST_BUILD = 211, 1840
_TESTS = {"checkout-api": 412, "web-storefront": 968, "payments-worker": 233, "identity": 540}


@dataclass(frozen=True)
class _Work:
    """Somebody's work on one issue: from the branch to the pull request."""

    issue: str
    title: str
    author: str
    number: int
    began_at: dt.datetime
    opened_at: dt.datetime
    ended_at: dt.datetime
    end: str
    merge: str  # The hash of the merge, where there is one.

    @property
    def branch(self) -> str:
        words = re.sub("[^a-z]+", "-", self.title.lower()).strip("-")
        return f"{self.issue}-{words}"


# When a commit was made, and its fields.
_Commit = tuple[dt.datetime, dict[str, Any]]


@dataclass(frozen=True)
class _Run:
    """One run of a service's build."""

    began_at: dt.datetime
    took: dt.timedelta
    state: str
    issues: tuple[str, ...]
    commit: str
    ref: str


def code(line: Line, chance: random.Random, until: dt.datetime) -> Iterator[Event]:
    """What was reported up to `until` of the code of a service and of its builds."""
    works, runs = list(_unfinished(line, chance, until)), list[_Run]()
    for release in line.releases:
        merged = list(_merged(line, release, chance))
        runs.append(_merge_build(release, merged, chance))
        works.extend(merged)
    works.sort(key=lambda work: work.opened_at)
    for number, work in enumerate(works, _FIRST_PULL_REQUEST):
        commits = list(_commits(line, work, chance))
        yield from _reports(line, replace(work, number=number), commits, chance, until)
        runs.extend(_branch_builds(work, commits, chance))
    runs.sort(key=lambda run: run.began_at)
    for number, run in enumerate(runs, _FIRST_BUILD):
        yield from _build(line, number, run, chance, until)


def _merged(line: Line, release: Release, chance: random.Random) -> Iterator[_Work]:
    """The work that a release is made of: its last pull request is merged just before it is built."""
    for issue in release.issues:
        if int(issue.rsplit("-", 1)[1]) <= _LAST_ISSUE:
            ended_at = release.built_at - dt.timedelta(minutes=chance.uniform(12, 50))
            yield _work(line, issue, ended_at, "MERGED", chance)


def _unfinished(line: Line, chance: random.Random, until: dt.datetime) -> Iterator[_Work]:
    """What is under review now, and what was given up."""
    for end in ["OPEN"] * 3 + ["DECLINED"] * 3:
        days = chance.uniform(0.1, 2) if end == "OPEN" else chance.uniform(3, 50)
        issue = f"{chance.choice(line.service.projects)}-{chance.randint(1900, 1990)}"
        yield _work(line, issue, until - dt.timedelta(days=days), end, chance)


def _work(line: Line, issue: str, ended_at: dt.datetime, end: str, chance: random.Random) -> _Work:
    title = f"{chance.choice(_VERBS)} {chance.choice(_THINGS[line.service.name])}"
    opened_at = ended_at - dt.timedelta(hours=chance.triangular(0.5, 48, 4))
    began_at = opened_at - dt.timedelta(hours=chance.triangular(0.5, 30, 3))
    return _Work(issue, title, chance.choice(_AUTHORS), 0, began_at, opened_at, ended_at, end, _hash(chance))


def _commits(line: Line, work: _Work, chance: random.Random) -> Iterator[_Commit]:
    """The commits of a branch, the first before its pull request is opened."""
    for position in range(chance.choice((1, 1, 2, 2, 3))):
        since, to = (work.opened_at, work.ended_at) if position else (work.began_at, work.opened_at)
        at = since + (to - since) * chance.uniform(0.2, 0.8)
        message = chance.choice(_SECOND_THOUGHTS) if position else work.title
        yield at, _commit(line, work, _hash(chance), at, f"{work.issue} {message}", chance.randint(1, 9))


def _commit(line: Line, work: _Work, ident: str, at: dt.datetime, message: str, files: int) -> dict[str, Any]:
    return {
        "id": ident,
        "updateSequenceId": sequence(at),
        "issueKeys": [work.issue],
        "hash": ident,
        "message": message,
        "author": {"name": work.author},
        "fileCount": files,
        "url": f"{REPOSITORY_URL}/{line.service.name}/commit/{ident}",
        "authorTimestamp": instant(at),
        "displayId": ident[:7],
    }


def _reports(
    line: Line,
    work: _Work,
    commits: list[_Commit],
    chance: random.Random,
    until: dt.datetime,
) -> Iterator[Event]:
    """The repository's own reports: every commit with its branch, and the pull request when it opens and ends."""
    address = f"{REPOSITORY_URL}/{line.service.name}"
    told: list[tuple[dt.datetime, dict[str, Any]]] = []
    for at, commit in commits:
        branch = {
            "id": work.branch,
            "updateSequenceId": sequence(at),
            "issueKeys": [work.issue],
            "name": work.branch,
            "lastCommit": commit,
            "url": f"{address}/tree/{work.branch}",
        }
        told.append((at, {"commits": commit, "branches": branch}))
    ends = [(work.opened_at, "OPEN")] + ([(work.ended_at, work.end)] if work.end != "OPEN" else [])
    for at, status in ends:
        request = {
            "id": str(work.number),
            "updateSequenceId": sequence(at),
            "issueKeys": [work.issue],
            "status": status,
            "title": f"{work.issue} {work.title}",
            "author": {"name": work.author},
            "commentCount": chance.randint(0, 9) if at == work.ended_at else 0,
            "sourceBranch": work.branch,
            "sourceBranchUrl": f"{address}/tree/{work.branch}",
            "destinationBranch": "main",
            "lastUpdate": instant(at),
            "url": f"{address}/pull/{work.number}",
            "displayId": f"#{work.number}",
        }
        told.append((at, {"pullRequests": request}))
    if work.end == "MERGED":
        message = f"Merge pull request #{work.number} from {work.branch}"
        merge = _commit(line, work, work.merge, work.ended_at, message, chance.randint(1, 9))
        told.append((work.ended_at, {"commits": {**merge, "flags": ["MERGE_COMMIT"]}}))
    yield from (Event(at, "devinfo", line.service.name, fields) for at, fields in told if at <= until)


def _branch_builds(work: _Work, commits: list[_Commit], chance: random.Random) -> Iterator[_Run]:
    """The build of what the pull request shows; where it failed, another one that is well once that is mended."""
    at, commit = max(commits, key=lambda one: one[0])
    began_at = max(at, work.opened_at) + dt.timedelta(seconds=chance.uniform(5, 60))
    took = dt.timedelta(seconds=chance.lognormvariate(5.2, 0.4))
    failed = chance.random() < 0.16
    yield _Run(began_at, took, "failed" if failed else "successful", (work.issue,), commit["id"], work.branch)
    if failed and work.end == "MERGED":
        again_at = began_at + took + dt.timedelta(minutes=chance.uniform(1, 8))
        yield _Run(again_at, took, "successful", (work.issue,), commit["id"], work.branch)


def _merge_build(release: Release, merged: list[_Work], chance: random.Random) -> _Run:
    """The build that a release comes from: of the last merge before it."""
    took = dt.timedelta(seconds=min(600.0, chance.lognormvariate(5.4, 0.3)))
    commit = max(merged, key=lambda work: work.ended_at).merge if merged else _hash(chance)
    return _Run(release.built_at - took, took, "successful", release.issues, commit, "main")


def _build(line: Line, number: int, run: _Run, chance: random.Random, until: dt.datetime) -> Iterator[Event]:
    """A build as its pipeline reports it: when it has ended, or that it runs."""
    name, total = line.service.name, _TESTS[line.service.name] + number // 12
    ended_at = run.began_at + run.took
    at, state = (ended_at, run.state) if ended_at <= until else (run.began_at, "in_progress")
    lost, left_out = (chance.randint(1, 7) if state == "failed" else 0), chance.randint(0, 3)
    fields: dict[str, Any] = {
        "pipelineId": name,
        "buildNumber": number,
        "updateSequenceNumber": sequence(at),
        "displayName": f"{name} #{number}",
        "url": f"{CI}/{name}/builds/{number}",
        "state": state,
        "lastUpdated": instant(at),
        "issueKeys": list(run.issues),
        "references": [
            {
                "commit": {"id": run.commit, "repositoryUri": f"{REPOSITORY_URL}/{name}"},
                "ref": {"name": run.ref, "uri": f"{REPOSITORY_URL}/{name}/tree/{run.ref}"},
            }
        ],
    }
    if state != "in_progress":
        passed = total - lost - left_out
        fields["testInfo"] = {
            "totalNumber": total,
            "numberPassed": passed,
            "numberFailed": lost,
            "numberSkipped": left_out,
        }
    if at <= until:
        yield Event(at, "builds", name, fields)


def _hash(chance: random.Random) -> str:
    return f"{chance.getrandbits(160):040x}"
