"""Secrets are planted, used and refused everywhere; then they are looked for wherever something is kept or said."""

import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from devops_sync import delivery, sites, tokens, vault
from devops_sync.models import Delivery, Lane, Site, Token, User
from devops_sync.models.token import fingerprint
from tests import builders, payloads, rules
from tests.rules import RULES
from tests.sandbox_fixtures import connected
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "planted-password-of-ada-9431"
WRONG_SECRET = "planted-secret-that-jira-refuses-5518"
WRONG_PASSWORD = "planted-password-that-is-wrong-7720"
WRONG_BEARER = "wbt_planted-bearer-that-nobody-gave-3307"


@dataclass
class Planted:
    """What must not be found, by what it is; and everything that was answered meanwhile."""

    site: Site
    token: Token
    secrets: dict[str, str]
    said: dict[str, bytes] = field(default_factory=dict)

    def find(self, where: str, text: bytes | str) -> list[tuple[str, str]]:
        found = text.encode("utf-8", "replace") if isinstance(text, str) else text
        return [(where, what) for what, secret in self.secrets.items() if secret.encode() in found]


@pytest.fixture
def planted(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> Iterator[Planted]:
    """A site, a token and a person whose secrets are known, after all of them were used, rightly and wrongly."""
    with caplog.at_level(logging.DEBUG):
        site = connected(sandbox)
        token, secret, bearer = tokens.create("ci", site, ["read", "write", "delete"], timezone.now())
        User.objects.create_user("ada", password=PASSWORD).grants.create(role="admin")
        made = Planted(
            site,
            token,
            {
                "the site's secret": sandbox.client_secret,
                "the secret that Jira refuses": WRONG_SECRET,
                "the client secret": secret,
                "the bearer token": bearer,
                "the bearer that nobody gave": WRONG_BEARER,
                "the password": PASSWORD,
                "the wrong password": WRONG_PASSWORD,
                "the key of the installation": settings.SECRET_KEY,
                **{f"encryption key {n}": str(key) for n, key in enumerate(settings.ENCRYPTION_KEYS)},
            },
        )
        _use(made, secret, bearer)
        yield made


def _use(planted: Planted, secret: str, bearer: str) -> None:
    machine, person = Client(), Client()
    asked = {"grant_type": "client_credentials", "client_id": planted.token.client_id, "client_secret": secret}
    given = machine.post("/oauth/token", asked, "application/json").json()["access_token"]
    planted.secrets["the access token"] = given
    wrong = {**asked, "client_secret": WRONG_SECRET}
    planted.said["a wrong client secret"] = machine.post("/oauth/token", wrong, "application/json").content
    path = f"/jira/deployments/0.1/cloud/{planted.site.cloud_id}/bulk"
    for name, sent in {"static": bearer, "given": given, "wrong": WRONG_BEARER}.items():
        body = payloads.bulk(payloads.deployment(5000 + len(planted.said)))
        headers = {"Authorization": f"Bearer {sent}", "Cookie": f"sessionid={sent}", "X-Api-Key": sent}
        planted.said[f"gateway {name}"] = machine.post(path, body, "application/json", headers=headers).content
    for lane in Lane.objects.filter(site=planted.site):
        delivery.run(lane.pk)
    assert Delivery.objects.filter(status=202).exists()
    for password in (WRONG_PASSWORD, PASSWORD):
        answer = person.post("/login/", {"username": "ada", "password": password})
        planted.said[f"signing in, {answer.status_code}"] = answer.content
    assert answer.status_code == 302
    new = {"client_id": "another", "secret": WRONG_SECRET}
    planted.said["a credential that is refused"] = person.post(f"/sites/{planted.site.slug}/credential", new).content
    new |= {"slug": "second", "url": planted.site.url, "sort": "oauth", "auth": "oauth"}
    planted.said["a site that cannot be connected"] = person.post("/sites/connect/", new).content
    planted.said["a mistake of ours"] = _mistaken(person)
    things = rules.things(builders.site("retail"))
    for name, rule in RULES.items():
        if rule.GET is not None:
            answer = rules.ask(person, "GET", rule, things)
            planted.said[name] = answer.getvalue()  # type: ignore[attr-defined]
    for name in ("deployments", "builds", "repositories", "submissions", "deliveries"):
        for kind in ("csv", "json"):
            planted.said[f"{name}.{kind}"] = person.get(f"/{name}/?format={kind}").getvalue()
    for sent in planted.site.submissions.all():
        planted.said[f"bytes of {sent.pk}"] = person.get(f"/submissions/{sent.pk}/bytes").getvalue()
        planted.said[f"page of {sent.pk}"] = person.get(f"/submissions/{sent.pk}/").content
    for one in Delivery.objects.all():
        planted.said[f"delivery {one.pk}"] = person.get(f"/deliveries/{one.pk}/").content
        planted.said[f"request {one.pk}"] = person.get(f"/deliveries/{one.pk}/request").getvalue()
    for command in (["doctor"], ["audit", "export"]):
        out = io.StringIO()
        with suppress(SystemExit):
            call_command(*command, stdout=out, stderr=out)
        planted.said[" ".join(command)] = out.getvalue().encode()


def _mistaken(person: Client) -> bytes:
    """What a mistake of ours shows to somebody who had just typed a secret."""
    person.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sites, "replace_credential", lambda *_: 1 / 0)
        answer = person.post("/sites/demo/credential", {"client_id": "x", "secret": WRONG_SECRET})
    person.raise_request_exception = True
    assert answer.status_code == 500
    return answer.content


def test_no_secret_is_said_shown_or_kept_anywhere(
    planted: Planted, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    found = [one for where, text in planted.said.items() for one in planted.find(where, text)]
    found += [one for line in _lines(caplog) for one in planted.find("log", line)]
    found += list(_in_tables(planted))
    things: list[Any] = [planted.site, planted.token, *User.objects.all(), *Delivery.objects.all()]
    for thing in (*things, settings.ENVIRONMENT):
        found += planted.find(f"repr of {type(thing).__name__}", f"{thing!r} {thing!s}")
    assert found == []
    # It looks for the right things: sealed and hashed they are there.
    assert vault.open_sealed(bytes(Site.objects.get(pk=planted.site.pk).sealed_secret)) == sandbox.client_secret
    assert Token.objects.filter(bearer_hash=fingerprint(planted.secrets["the bearer token"])).exists()


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    formatter = logging.Formatter("%(name)s %(message)s %(exc_text)s")
    lines = [formatter.format(record) for record in caplog.get_records("setup")]
    assert any("ZeroDivisionError" in line for line in lines)
    return lines


def _in_tables(planted: Planted) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, in which bytes are written as hex."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT one::text FROM "{table}" AS one')
            for (text,) in cursor.fetchall():
                for what, secret in planted.secrets.items():
                    if secret in text or secret.encode().hex() in text:
                        yield table, what
