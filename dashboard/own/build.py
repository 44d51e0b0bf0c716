"""What only a build's page says: its tests, the commits and refs that went into it, and the build after it."""

from django.http import HttpRequest

from devops_sync.models import Build, Commit

from .. import references, versions
from . import Own


def own(request: HttpRequest, found: Build) -> Own:
    named = references.read(versions.read(found.entry.payload))
    commits = Commit.objects.of([found.site]).filter(ident__in=named.commit_ids)
    pages = dict(commits.values_list("ident", "pk")) if named.commit_ids else {}
    later = Build.objects.of([found.site]).filter(pipeline_id=found.pipeline_id, number__gt=found.number)
    return Own(
        {"references": named.with_pages(pages), "later": later.order_by("-number").first()},
        parts=("tests", "references"),
        every=5 if found.state in ("pending", "in_progress") else None,
    )
