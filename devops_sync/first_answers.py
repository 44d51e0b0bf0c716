"""Requests that a sender may repeat: each key that it marks one with belongs to one submission.

A network that fails after the ledger took a request leaves the sender in doubt. With a key it asks again and is
given the first answer.
"""

import uuid

from django.db import connection

from .models import FirstAnswer, Token


class Repeated(Exception):
    """The sender used this key before: `first` is the answer to it, with its submission."""

    def __init__(self, first: FirstAnswer):
        super().__init__(first.key)
        self.first = first


def find(token: Token | None, key: str) -> FirstAnswer | None:
    """The answer to the first request with this key, if there was one."""
    if not key:
        return None
    return FirstAnswer.objects.select_related("submission").filter(token=token, key=key).first()


def claim(token: Token | None, key: str, submission_id: uuid.UUID, status: int) -> None:
    """Let the key belong to a submission, in the transaction that writes it. Raises `Repeated`.

    Of two requests at the same moment the later waits here until the other is committed.
    """
    if not key or token is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO first_answer (token_id, key, submission_id, status) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (token_id, key) DO NOTHING",
            [token.pk, key, submission_id, status],
        )
        is_ours = cursor.rowcount == 1
    if not is_ours:
        first = find(token, key)
        assert first is not None
        raise Repeated(first)
