"""Every address that changes something, shows bytes or exports leaves in the audit log what it should, and no other.

An address without an entry in the tables below fails the first test, so whoever adds one says what is noted of it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.kinds import KINDS
from devops_sync import approvals, cleanups, roles
from devops_sync.cleanups import ruling
from devops_sync.models import AuditRow, Cleanup, CleanupRule, Errand, Site, User
from tests import builders, payloads, rules
from tests.rules import OWN, RULES, Rule

pytestmark = pytest.mark.django_db
FROM = "192.0.2.77"
Things = dict[str, Any]
LISTS = {
    *("deployment-list", "build-list", "repository-list", "submission-list", "delivery-list", "drift"),
    *("deletion-list", "audit-list"),
}


@dataclass(frozen=True)
class Noted:
    """What is noted of one request. `body` is posted beside what the rule posts; `before` makes that it can be done."""

    acts: set[str]
    body: dict[str, str] = field(default_factory=dict)
    before: Callable[[Things, User], dict[str, str] | None] = lambda of, person: None
    query: str = ""


def _cleanup(**columns: Any) -> Callable[[Things, User], None]:
    def change(of: Things, person: User) -> None:
        Cleanup.objects.filter(pk=of["cleanup"]).update(**columns)

    return change


def _errand(state: str) -> Callable[[Things, User], None]:
    def change(of: Things, person: User) -> None:
        Errand.objects.filter(pk=of["errand"]).update(state=state)

    return change


def _total(of: Things, person: User) -> dict[str, str]:
    return {"typed": str(Cleanup.objects.get(pk=of["cleanup"]).total)}


def _awaited(of: Things, person: User) -> None:
    other = builders.user("admin")
    Cleanup.objects.filter(pk=of["cleanup"]).update(state="awaiting", confirmed_by=other, user=other)


def _rule_previewed(of: Things, person: User) -> dict[str, str]:
    rule = CleanupRule.objects.get(pk=of["rule"])
    return {"typed": str(ruling.preview(rule, person, timezone.now()).total)}


def _rule_on(of: Things, person: User) -> None:
    CleanupRule.objects.filter(pk=of["rule"]).update(is_on=True, next_at=timezone.now())


def _silent(of: Things, person: User) -> dict[str, str]:
    site = Site.objects.get(slug=of["site"])
    for days in (17, 14, 11, 8, 5):
        builders.deployment(site, "gone-quiet", at=timezone.now() - dt.timedelta(days=days, hours=1))
    return {"ident": "gone-quiet"}


def _loosening(of: Things, person: User) -> dict[str, str]:
    at = timezone.now() + dt.timedelta(days=1)
    Site.objects.filter(slug=of["site"]).update(loosens_at=at, loosens_to=None, loosened_by=builders.user("admin"))
    return {"seen": approvals.seen_as(Site.objects.get(slug=of["site"]))}


def _resting(of: Things, person: User) -> None:
    Site.objects.filter(slug=of["site"]).update(paused_at=timezone.now())


def _granted(of: Things, person: User) -> dict[str, str]:
    return {"grant": str(User.objects.get(pk=of["person"]).grants.get().pk)}


_PASSWORD = "another horse with a battery"


def _with_password(of: Things, person: User) -> dict[str, str]:
    person.set_password(builders.PASSWORD)
    person.save()
    return {"current": builders.PASSWORD, "password": _PASSWORD, "again": _PASSWORD}


def _signed_in_elsewhere(of: Things, person: User) -> None:
    Client().force_login(person)


POSTS: dict[str, Noted] = {
    "deployment-gate": Noted({"gate.asked"}),
    "quiet-expect": Noted({"retirement.taken_back"}),
    "quiet-retire": Noted({"retirement.made"}, before=_silent),
    "saved-view-save": Noted({"view.shared"}, {"shared": "1", "query": "site=retail"}),
    "saved-view-delete": Noted({"view.taken_back"}),
    "submit": Noted({"submission.received"}, {"text": payloads.bulk(payloads.deployment()).decode()}),
    "rejected-correct": Noted({"correction.made"}, {"environment_type": "testing"}),
    "drift-read-again": Noted({"readback.asked"}),
    "errand-plan": Noted({"errand.planned"}),
    "errand-start": Noted({"errand.started"}),
    "errand-pause": Noted({"errand.paused"}, before=_errand("running")),
    "errand-go-on": Noted({"errand.resumed"}, before=_errand("paused")),
    "errand-cancel": Noted({"errand.cancelled"}),
    "lane-try-now": Noted({"lane.tried_again"}),
    "deletion-new": Noted({"deletion.previewed"}),
    "deletion-confirm": Noted({"deletion.confirmed"}, {"reason": "Closed", "delay": "300"}, _total),
    "deletion-approve": Noted({"deletion.approved"}, before=_awaited),
    "deletion-cancel": Noted({"deletion.cancelled"}),
    "deletion-again": Noted({"deletion.previewed"}),
    "deletion-pause": Noted({"deletion.paused"}, before=_cleanup(state="running")),
    "deletion-go-on": Noted({"deletion.resumed"}, before=_cleanup(state="paused")),
    "deletion-rule-new": Noted(
        {"deletion_rule.written"},
        {"name": "old", "api": "builds", "key": "team", "value": "a", "older_than": "90", "every": "1"},
    ),
    "deletion-rule-preview": Noted({"deletion.previewed"}),
    "deletion-rule-on": Noted({"deletion.confirmed", "deletion_rule.turned_on"}, {"reason": "Old"}, _rule_previewed),
    "deletion-rule-off": Noted({"deletion_rule.turned_off"}, before=_rule_on),
    "site-test": Noted({"site.tested"}),
    "site-settings": Noted({"site.changed"}, {"sample_one_in": "7", "superseding": "never", "approval_above": "5"}),
    "site-approval-agree": Noted({"site.approval.agreed"}, before=_loosening),
    "site-approval-keep": Noted({"site.approval.kept"}, before=_loosening),
    "site-pause": Noted({"site.paused"}),
    "site-resume": Noted({"site.resumed"}, before=_resting),
    "site-remove": Noted({"site.removed", "token.revoked", "errand.cancelled"}, {"typed": "retail"}, _resting),
    "token-new": Noted({"token.created"}),
    "token-rotate": Noted({"token.rotated"}),
    "token-revoke": Noted({"token.revoked"}),
    "token-limits": Noted({"token.changed"}, {"rate": "60"}),
    "account-password": Noted({"user.password.changed"}, before=_with_password),
    "account-end-session": Noted({"session.ended"}, before=_signed_in_elsewhere),
    "user-new": Noted({"user.created", "grant.given"}, {"username": "new-one", "role": "viewer"}),
    "user-give": Noted({"grant.given"}, {"role": "auditor"}),
    "user-take": Noted({"grant.taken"}, before=_granted),
    "user-deactivate": Noted({"user.changed"}),
    **{f"{kind.view}-read-back": Noted({"readback.asked"}) for kind in KINDS.values()},
}
# How somebody reads, what is only looked at, and what a list shows: nothing of it matters to anybody else.
SILENT = {"settings", "columns", "selection", "submit-check"}
# What these note is shown where they are tried: it takes a Jira that answers, a code of the minute, or a past.
ELSEWHERE = {
    "site-connect": "tests/dashboard/test_sites.py",
    "site-credential": "tests/dashboard/test_sites.py",
    "two-factor": "tests/people/test_second_factor.py",
    "two-factor-off": "tests/people/test_second_factor.py",
    "two-factor-codes": "tests/people/test_second_factor.py",
    "user-activate": "tests/people/test_users.py",
    "user-reset-password": "tests/people/test_users.py",
    "user-reset-two-factor": "tests/people/test_users.py",
}
_RAW, _EXPORT = Noted({"raw.read"}), Noted({"export.made"})
GETS: dict[str, Noted] = {
    "submission": _RAW,
    "submission-bytes": _RAW,
    "delivery": _RAW,
    "delivery-request": _RAW,
    "delivery-answer": _RAW,
    "deletion-entities": _EXPORT,
    "deletion-report": _EXPORT,
    "rejected-list": Noted({"export.made"}, query="format=csv&since=all"),
    **{kind.view: _RAW for kind in KINDS.values()},
    **{name: Noted({"export.made"}, query="format=csv") for name in LISTS},
    "audit-list": Noted({"audit.exported"}, query="format=json"),
    **{name: Noted({"evidence.asked"}) for name in RULES if name.startswith("evidence-")},
}
# Addresses that give bytes, but of which nothing is there in this world.
NOTHING_THERE = {"submission-answer"}


@pytest.fixture
def retail(db: None) -> Site:
    return builders.site("retail")


@pytest.fixture
def of(retail: Site) -> Things:
    return rules.things(retail)


def _client(person: User | None) -> Client:
    client = Client(REMOTE_ADDR=FROM)
    if person is not None:
        client.force_login(person)
    return client


def _asked(client: Client, method: str, rule: Rule, of: Things, noted: Noted, more: dict[str, str]) -> list[AuditRow]:
    """What a request noted."""
    last = AuditRow.objects.latest("pk").pk
    found: list[AuditRow] = []
    path = f"{rule.path}{'&' if '?' in rule.path else '?'}{noted.query}" if noted.query else rule.path
    body = {name: value for name, value in rule.body.items() if name not in {*noted.body, *more}}
    asked = Rule(path, rule.GET, rule.POST, body)
    if "text" in noted.body:
        asked = Rule("/submit/?as=json", None, rule.POST, body)
    given = noted.body | more
    rules.ask(client, method, asked, of, lambda: found.extend(AuditRow.objects.filter(pk__gt=last)), **given)
    return found


def test_every_address_says_what_is_noted_of_it() -> None:
    posted = {name for name, rule in RULES.items() if rule.POST is not None}
    assert posted == {*POSTS, *SILENT, *ELSEWHERE}
    reading = {name for name, rule in RULES.items() if rule.GET == "raw"}
    assert reading <= {*GETS, *NOTHING_THERE}
    assert GETS.keys() <= RULES.keys()


@pytest.mark.parametrize("name", [*POSTS])
def test_what_is_done_is_noted_once_with_who_from_where_and_of_which_site(name: str, of: Things) -> None:
    rule, noted, person = RULES[name], POSTS[name], builders.user("admin")
    more = noted.before(of, person) or {}
    client = _client(person)
    rows = _asked(client, "POST", rule, of, noted, more)
    assert sorted(row.act for row in rows) == sorted(noted.acts)
    assert {(row.actor_kind, row.actor, row.user_id, row.remote_address) for row in rows} == {
        ("user", person.get_username(), person.pk, FROM)
    }
    if rule.is_of_a_site:
        assert {row.site for row in rows} == {"retail"}


@pytest.mark.parametrize("name", [*GETS])
def test_what_is_read_or_taken_away_is_noted(name: str, of: Things) -> None:
    person = builders.user("admin")
    rows = _asked(_client(person), "GET", RULES[name], of, GETS[name], {})
    assert [row.act for row in rows] == [*GETS[name].acts]
    assert {(row.actor, row.site, row.remote_address) for row in rows} == {(person.get_username(), "retail", FROM)}


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_matters_to_nobody_else_is_not_noted(name: str, of: Things) -> None:
    assert _asked(_client(builders.user("admin")), "POST", RULES[name], of, Noted(set()), {}) == []


def _lacks(act: str) -> str:
    """A role that may read and not do this."""
    return next(role for role in ("viewer", "auditor", "release-manager") if act not in roles.ACTS[role])


@pytest.mark.parametrize("name", [name for name in POSTS if RULES[name].POST not in (OWN, "read")])
def test_what_is_refused_is_not_noted(name: str, of: Things) -> None:
    rule, noted = RULES[name], POSTS[name]
    more = noted.before(of, builders.user("admin")) or {}
    assert rule.POST is not None
    weak, foreign = builders.user(_lacks(rule.POST)), builders.user("admin", of=builders.site("foreign"))
    for client in (_client(weak), _client(None)):
        assert _asked(client, "POST", rule, of, noted, more) == []
    if rule.is_of_a_site:
        assert _asked(_client(foreign), "POST", rule, of, noted, more) == []


@pytest.mark.parametrize("name", [*GETS])
def test_who_may_not_see_bytes_leaves_no_row(name: str, of: Things) -> None:
    rule, noted = RULES[name], GETS[name]
    clients = [_client(None)]
    if noted.acts == {"raw.read"}:
        clients.append(_client(builders.user("viewer")))
    for client in clients:
        assert _asked(client, "GET", rule, of, noted, {}) == []


def test_a_page_that_shows_bytes_is_noted_once_an_hour_and_a_file_each_time(of: Things) -> None:
    client = _client(builders.user("auditor"))
    start = AuditRow.objects.latest("pk").pk
    for _ in range(3):
        client.get(f"/deployments/{of['deployment']}/")
        client.get(f"/submissions/{of['submission']}/bytes")
    acts = AuditRow.objects.filter(pk__gt=start, act="raw.read").values_list("subject_kind", flat=True)
    assert sorted(acts) == ["deployment", *["submission"] * 3]


def test_a_person_who_is_to_be_forgotten_is_in_no_row(retail: Site) -> None:
    builders.commit(retail, author={"name": "Zoe Secret"})
    asker = cleanups.Asker(Cleanup.Origin.PAGE, builders.user("admin"))
    found = cleanups.plan_by_keys(retail, [], "names Zoe Secret", asker, timezone.now(), person="Zoe Secret")
    cleanups.confirm(found, asker.user, found.total, "Zoe Secret asked for it", 0, timezone.now())
    said = AuditRow.objects.values_list("act", "subject", "before", "after")
    assert {act for act, *_ in said} >= {"deletion.previewed", "deletion.confirmed"}
    assert "Zoe" not in repr(list(said))
