"""The current state of development information: repositories, commits, branches and pull requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Count, Exists, OuterRef, Q, Window

from ..jira import keys
from .current import Current, CurrentQuerySet, rejected


class RepositoryQuerySet(CurrentQuerySet["Repository"]):
    def saying(self, text: str) -> "RepositoryQuerySet":
        """Those with the text in their name, description, address or id."""
        return self.filter(
            Q(name__icontains=text)
            | Q(description__icontains=text)
            | Q(url__icontains=text)
            | Q(repository_id__icontains=text)
        )

    def for_issue(self, key: str) -> "RepositoryQuerySet":
        """Those with a commit, a branch or a pull request of the issue."""
        found = Q(pk=None)
        for model in (Commit, Branch, PullRequest):
            inside: CurrentQuerySet[Any] = model._default_manager.alive()
            here = inside.for_issue(key).filter(site=OuterRef("site"), repository_id=OuterRef("repository_id"))
            found |= Q(Exists(here))
        return self.filter(found)

    def first_of(self, most: int) -> "tuple[list[Repository], int]":
        """The same in one query: they are few, and to look once more at what is in each is dear."""
        rows: list[Any] = list(self.annotate(found=Window(Count("*")))[:most])
        return rows, rows[0].found if rows else 0


class Repository(Current):
    """What a repository says of itself."""

    repository_id = models.CharField(max_length=1024)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=1024, blank=True)
    url = models.CharField(max_length=2000)

    objects = RepositoryQuerySet.as_manager()

    class Meta(Current.Meta):
        db_table = "repository"
        verbose_name_plural = "repositories"
        constraints = [
            models.UniqueConstraint(fields=["site", "repository_id"], name="repository_has_one_current_version")
        ]
        indexes = [
            rejected("repository"),
            models.Index(fields=["site", "-changed_at", "-id"], name="repository_newest_of_site"),
            models.Index(
                fields=["-changed_at", "-id"], name="repository_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return keys.text(self.repository_id)


_InRepository = TypeVar("_InRepository", bound="InRepository")


class InRepositoryQuerySet(CurrentQuerySet[_InRepository]):
    def saying(self, text: str) -> Self:
        """Those with the text in their id, in what lists say of them or in the name of their author."""
        found = Q()
        for name in self.model.SAYING:
            found |= Q(**{f"{name}__icontains": text})
        return self.filter(found)

    def in_repository(self, repository: Repository) -> Self:
        return self.filter(site=repository.site_id, repository_id=repository.repository_id)


class InRepository(Current):
    """Something in a repository."""

    # The fields in which a text is looked for.
    SAYING: ClassVar[tuple[str, ...]]

    repository_id = models.CharField(max_length=1024)
    ident = models.CharField(max_length=1024, help_text="Its id, unique among its kind in the repository.")
    url = models.CharField(max_length=2000)

    class Meta(Current.Meta):
        abstract = True

    @property
    def key(self) -> str:
        """Its key as the entries write it."""
        return keys.text(self.repository_id, self.ident)


class Commit(InRepository):
    """One commit."""

    SAYING = ("ident", "message", "author_name")

    display_id = models.CharField(max_length=255)
    message = models.CharField(max_length=1024)
    author_name = models.CharField(max_length=255, blank=True)
    file_count = models.IntegerField()
    is_merge = models.BooleanField(default=False)

    objects = InRepositoryQuerySet.as_manager()

    class Meta(InRepository.Meta):
        db_table = "commit"
        constraints = [
            models.UniqueConstraint(fields=["site", "repository_id", "ident"], name="commit_has_one_current_version")
        ]
        indexes = [
            rejected("commit"),
            models.Index(fields=["site", "-changed_at", "-id"], name="commit_newest_of_site"),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="commit_of_repository",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="commit_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
            GinIndex(fields=["issue_keys"], name="commit_of_issue"),
            models.Index(fields=["ident"], name="commit_by_hash", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.display_id

    @property
    def listed_name(self) -> str:
        """What a list calls it."""
        return self.display_id

    @property
    def listed_text(self) -> str:
        """What a list says of it."""
        return self.message


class Branch(InRepository):
    """One branch, with what its last commit says."""

    SAYING = ("name", "ident", "last_commit_id", "last_commit_message", "author_name")

    name = models.CharField(max_length=512)
    last_commit_id = models.CharField(max_length=1024)
    last_commit_display_id = models.CharField(max_length=255)
    last_commit_message = models.CharField(max_length=1024)
    author_name = models.CharField(max_length=255, blank=True)

    objects = InRepositoryQuerySet.as_manager()

    class Meta(InRepository.Meta):
        db_table = "branch"
        verbose_name_plural = "branches"
        constraints = [
            models.UniqueConstraint(fields=["site", "repository_id", "ident"], name="branch_has_one_current_version")
        ]
        indexes = [
            rejected("branch"),
            models.Index(fields=["site", "-changed_at", "-id"], name="branch_newest_of_site"),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="branch_of_repository",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="branch_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
            GinIndex(fields=["issue_keys"], name="branch_of_issue"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def listed_name(self) -> str:
        """What a list calls it."""
        return self.name

    @property
    def listed_text(self) -> str:
        """What a list says of it."""
        return self.last_commit_message


class PullRequest(InRepository):
    """One pull request."""

    SAYING = ("display_id", "title", "source_branch", "destination_branch", "author_name")

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        MERGED = "MERGED", "Merged"
        DECLINED = "DECLINED", "Declined"
        DRAFT = "DRAFT", "Draft"
        UNKNOWN = "UNKNOWN", "Unknown"

    display_id = models.CharField(max_length=255)
    title = models.CharField(max_length=1024)
    status = models.CharField(max_length=20, choices=Status.choices)
    author_name = models.CharField(max_length=255, blank=True)
    source_branch = models.CharField(max_length=255)
    destination_branch = models.CharField(max_length=255, blank=True)
    comment_count = models.IntegerField()

    objects = InRepositoryQuerySet.as_manager()

    class Meta(InRepository.Meta):
        db_table = "pull_request"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "repository_id", "ident"], name="pull_request_has_one_current_version"
            )
        ]
        indexes = [
            rejected("pull_request"),
            models.Index(fields=["site", "-changed_at", "-id"], name="pull_request_newest_of_site"),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="pull_request_of_repository",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["site", "repository_id", "-changed_at", "-id"],
                name="pull_request_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
            GinIndex(fields=["issue_keys"], name="pull_request_of_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.display_id} {self.title}"

    @property
    def listed_name(self) -> str:
        """What a list calls it."""
        return self.display_id

    @property
    def listed_text(self) -> str:
        """What a list says of it."""
        return self.title


@dataclass(frozen=True)
class Contents:
    """How much is in a repository; `MOST` of a kind stands for more."""

    MOST: ClassVar[int] = 1000

    commits: int
    branches: int
    pull_requests: int


def contents_of(repositories: Sequence[int]) -> dict[int, Contents]:
    """What is in each of the repositories, counted no further than the pages say it."""
    with connection.cursor() as cursor:
        cursor.execute(_CONTENTS_OF, [*[Contents.MOST] * 3, list(repositories)])
        return {pk: Contents(*counts) for pk, *counts in cursor.fetchall()}


def counts_of(repositories: Sequence[Repository]) -> dict[int, dict[str, int]]:
    """How many of each kind are in each of the repositories, counted to the end."""
    by_place = {(one.site_id, one.repository_id): one.pk for one in repositories}
    found = {one.pk: dict.fromkeys(("commit", "branch", "pull_request"), 0) for one in repositories}
    for name, model in (("commit", Commit), ("branch", Branch), ("pull_request", PullRequest)):
        rows: CurrentQuerySet[Any] = model._default_manager.of(list({one.site for one in repositories}))
        inside = rows.filter(repository_id__in=[one.repository_id for one in repositories])
        for site, ident, many in inside.values_list("site", "repository_id").annotate(many=Count("pk")).order_by():
            if (site, ident) in by_place:
                found[by_place[site, ident]][name] = many
    return found


def _counted(table: str) -> str:
    return f"""(SELECT count(*) FROM (
        SELECT 1 FROM {table}
        WHERE site_id = held.site_id AND repository_id = held.repository_id AND deleted_at IS NULL LIMIT %s
    ) AS few)"""  # noqa: S608 (names of this project's own)


_CONTENTS_OF = f"""
SELECT held.id, {_counted("commit")}, {_counted("branch")}, {_counted("pull_request")}
FROM repository AS held WHERE held.id = ANY(%s)
"""  # noqa: S608 (names of this project's own)
