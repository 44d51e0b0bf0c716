"""Deletions on their way: each is a request of its own, in its place among the entries of its lane."""

from dataclasses import dataclass

from ..jira import client as jira
from ..jira import keys
from ..models import Deletion, Lane


@dataclass(frozen=True)
class DueDeletion:
    """A deletion whose turn has come: everything before it has left."""

    deletion: Deletion

    def request(self, client: jira.Client) -> jira.Request:
        asked = self.deletion
        if asked.properties is not None:
            return client.sweep(asked.api, asked.properties, asked.until_sequence)
        return client.deletion(asked.api, asked.kind, keys.parts(asked.key), asked.until_sequence)

    def still_stands(self) -> bool:
        """Whether it was not taken back meanwhile; from here until the end of the transaction nobody can."""
        held = Deletion.objects.waiting().select_for_update(no_key=True).filter(pk=self.deletion.pk)
        return held.first() is not None


def next_deletion(lane: Lane) -> DueDeletion | None:
    """The first deletion that waits in the lane: nothing that came after it may leave before it."""
    first = Deletion.objects.waiting().filter(lane=lane).order_by("id").first()
    return DueDeletion(first) if first else None
