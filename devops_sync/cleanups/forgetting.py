"""Forgetting a person: which commits, branches and pull requests name somebody as author or reviewer."""

from django.db import connection

from ..cleaning import redacting
from ..models import Site

KINDS = ("commit", "branch", "pull_request")


def naming(site: Site, person: str) -> list[tuple[str, str]]:
    """The entities, by kind and key, of which some version names the person: by name, user name or e-mail, whole.

    Upper and lower case are the same. Reads every payload of these kinds: an admin asks for this once in a while.
    """
    found: dict[tuple[str, str], None] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT kind, key, payload FROM entry
            WHERE site_id = %s AND kind = ANY(%s) AND payload ILIKE %s ORDER BY id
            """,
            [site.pk, list(KINDS), _like(person)],
        )
        while rows := cursor.fetchmany(1000):
            for kind, key, payload in rows:
                if key and redacting.names(payload, person):
                    found[kind, key] = None
    return list(found)


def _like(text: str) -> str:
    """What ILIKE looks for, loosely: letters beyond ASCII may stand in JSON as escapes, in either case."""
    text = "".join(letter if letter.isascii() and letter not in '\\"/_' else "%" for letter in text)
    return f"%{text}%"
