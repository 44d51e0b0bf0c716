"""Evidence of much is made in little memory: what is held is numbers and the names of the files, no bodies."""

import tracemalloc

import pytest
from django.db import connection

from devops_sync import evidence
from devops_sync.models import Deployment, Entry, Site, Submission
from devops_sync.models.submission import time_ordered_id
from tests import builders

pytestmark = pytest.mark.django_db
MANY = 1_500
BODY = b'{"deployments": ["%s"]}' % (b"0123456789abcdef" * 1_250)


@pytest.fixture
def issue(db: None) -> Site:
    """An issue that many deployments name, each of which came alone in a body of 20 kB."""
    site = builders.site()
    one = builders.deployment(site, issues=["BIG-1"])
    like, entry, came = vars(one).copy(), vars(one.entry).copy(), vars(one.entry.submission).copy()
    for facts in (like, entry, came):
        facts.pop("_state")
    submissions = [_new(Submission, came, id=time_ordered_id(), raw=BODY, size=len(BODY)) for _ in range(MANY)]
    Submission.objects.bulk_create(submissions, batch_size=100)
    numbers = range(1_000_000, 1_000_000 + MANY)
    keys = [f'["checkout-api","production",{number}]' for number in numbers]
    entries = [
        _new(Entry, entry, id=None, submission_id=submission.pk, key=key)
        for submission, key in zip(submissions, keys, strict=True)
    ]
    Entry.objects.bulk_create(entries, batch_size=500)
    Deployment.objects.bulk_create(
        _new(Deployment, like, id=None, entry_id=made.pk, number=number)
        for made, number in zip(entries, numbers, strict=True)
    )
    return site


def _new(model: type, facts: dict[str, object], **other: object) -> object:
    names = {field.attname for field in model._meta.concrete_fields}  # type: ignore[attr-defined]
    return model(**{name: value for name, value in {**facts, **other}.items() if name in names})


def test_of_an_issue_with_many_bodies_few_are_held_at_once(issue: Site) -> None:
    making = evidence.Making(evidence.of_issue("BIG-1", [issue]))
    pieces = making.pieces()
    connection.queries_log.clear()
    tracemalloc.start()
    try:
        for _ in pieces:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert making.files > 2 * MANY
    # All the bodies are 30 MB.
    assert peak < 14_000_000 < len(BODY) * MANY
