"""What the pages of commits, branches and pull requests share: the repository in which they are."""

from django.http import HttpRequest

from devops_sync.models import Branch, Commit, PullRequest, Repository

from . import Own


def own(request: HttpRequest, found: Commit | Branch | PullRequest) -> Own:
    repository = Repository.objects.filter(site=found.site_id, repository_id=found.repository_id).first()
    last = None
    if isinstance(found, Branch):
        inside = Commit.objects.of([found.site]).filter(repository_id=found.repository_id)
        last = inside.filter(ident=found.last_commit_id).first()
    return Own(
        {"repository": repository, "last_commit": last},
        parts=() if isinstance(found, PullRequest) else ("text",),
    )
