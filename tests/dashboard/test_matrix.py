"""Who may do what: every address by every method, as every role, on a site of one's own and on a foreign one.

An address without a rule here fails the first test, so whoever adds a page says who may open it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devops_sync import roles
from devops_sync.models import Site
from tests import builders, rules
from tests.rules import OWN, RULES, Rule

pytestmark = pytest.mark.django_db
ROLES = (None, "viewer", "release-manager", "auditor", "admin")
# Whoever is let in gets what was asked for, or is told that it cannot be: never that it is not for them.
LET_IN = {200, 204, 302, 400, 409}
NOT_FOR_YOU = 403
NOT_THERE = 404
# What a request may write whoever asks: that somebody asked.
BESIDE = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "?(session|audit_\w+)"?', re.IGNORECASE)
WRITES = re.compile(
    r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|COPY|WITH .*\b(INSERT INTO|UPDATE|DELETE FROM)\b)", re.S | re.I
)


def test_every_address_has_a_rule_and_every_rule_an_address() -> None:
    assert rules.names() - RULES.keys() == set()
    assert RULES.keys() - rules.names() == set()


def test_the_roles_are_those_that_are_promised() -> None:
    """What each role may is said to users; whoever changes it changes it here too."""
    reads, manages = {"read"}, {"submit", "resend", "verify", "refresh-gate", "try-now", "share-views"}
    audits, administers = {"raw", "audit"}, {"delete", "sites", "tokens", "users"}
    assert {
        "viewer": reads,
        "release-manager": reads | manages,
        "auditor": reads | audits,
        "admin": reads | manages | audits | administers,
    } == roles.ACTS


@pytest.fixture
def things(retail: Site, foreign: Site) -> dict[str, dict[str, Any]]:
    """What stands in the addresses: the same of either site."""
    return {site.slug: rules.things(site) for site in (retail, foreign)}


def _let_in(rule: Rule) -> set[int]:
    return LET_IN if rule.finds else {NOT_THERE}


def _each(client: Client, of: dict[str, Any]) -> Iterator[tuple[str, str, Rule, str | None, HttpResponseBase]]:
    """Every address by every method, asked by this person: its name, the method, the act that it takes, the answer."""
    for name, rule in RULES.items():
        for method, needed in (("GET", rule.GET), ("POST", rule.POST)):
            yield name, method, rule, needed, rules.ask(client, method, rule, of)


def test_a_stranger_is_sent_to_the_door(things: dict[str, dict[str, Any]], client: Client) -> None:
    let_in = [
        (name, method, answer.status_code)
        for name, method, _, _, answer in _each(client, things["retail"])
        if answer.status_code != 302 or not answer["Location"].startswith("/login/")
    ]
    # The check of what is typed looks at the method before it looks who asks: there is nothing to see.
    assert let_in == [("submit-check", "GET", 405)]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_it_may(role: str | None, things: dict[str, dict[str, Any]], retail: Site) -> None:
    person, client = builders.user(role, of=retail), Client()
    client.force_login(person)
    wrong = []
    for name, method, rule, needed, answer in _each(client, things["retail"]):
        if needed is None:
            expected = {405}
        else:
            may = needed == OWN or (roles.may(person, needed, retail) and not rule.everywhere)
            expected = _let_in(rule) if may else {NOT_FOR_YOU}
        if answer.status_code not in expected:
            wrong.append((name, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES[1:])
def test_a_foreign_site_is_not_there_and_is_left_as_it_is(
    role: str, things: dict[str, dict[str, Any]], retail: Site
) -> None:
    client = Client()
    client.force_login(builders.user(role, of=retail))
    wrong: list[tuple[str, str, object]] = []
    for name, method, rule, needed, answer, written in _watched(client, things["foreign"]):
        if needed is not None and rule.is_of_a_site and answer.status_code != NOT_THERE:
            wrong.append((name, method, answer.status_code))
        if method == "GET" and answer.status_code == 200 and b"foreign" in answer.getvalue():  # type: ignore[attr-defined]
            wrong.append((name, method, "shows it"))
        if written and (rule.is_of_a_site or "{" in "".join(rule.body.values())):
            wrong.append((name, method, written))
    assert wrong == []


def _watched(client: Client, of: dict[str, Any]) -> Iterator[tuple[str, str, Rule, str | None, HttpResponseBase, Any]]:
    """The same, with what each request wrote."""
    asked = _each(client, of)
    while True:
        with CaptureQueriesContext(connection) as seen:
            found = next(asked, None)
        if found is None:
            return
        statements = [query["sql"] for query in seen.captured_queries]
        yield *found, [sql for sql in statements if WRITES.match(sql) and not BESIDE.match(sql)]


def test_who_may_for_all_sites_may_for_each(things: dict[str, dict[str, Any]]) -> None:
    client = Client()
    client.force_login(builders.user("admin"))
    wrong = [
        (name, method, answer.status_code)
        for name, method, rule, needed, answer in _each(client, things["foreign"])
        if answer.status_code not in (_let_in(rule) if needed is not None else {405})
    ]
    assert wrong == []
