"""How pages follow: nothing when nothing changed, what changed when it did, and an end when all is settled."""

import datetime as dt
import html
import json
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import live
from devops_sync.models import Deployment, Entry, Site
from tests import builders

pytestmark = pytest.mark.django_db


def pulse(client: Client, page: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The pulse of a page: where it asks, with which headers and parameters."""
    found = re.search(r'<div id="pulse"[^>]*hx-get="([^"]*)"[^>]*hx-headers=\'([^\']*)\' hx-vals=\'([^\']*)\'', page)
    assert found, page[-500:]
    where, headers, values = (html.unescape(part) for part in found.groups())
    return where, json.loads(headers), json.loads(values)


def beat(client: Client, page: str, as_of: str = "") -> object:
    where, headers, values = pulse(client, page)
    headers |= {"HX-Request": "true"} | ({live.AS_OF: as_of} if as_of else {})
    return client.get(where, values, headers=headers) if values else client.get(where, headers=headers)


def test_nothing_comes_when_nothing_changed(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, state="in_progress")
    for address in ("/", "/deployments/", f"/deployments/{one.pk}/", "/submissions/", "/deliveries/"):
        page = viewer.get(address).content.decode()
        assert beat(viewer, page).status_code == 204, address  # type: ignore[attr-defined]


def test_a_deployment_follows_until_it_has_settled(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    page = viewer.get(f"/deployments/{one.pk}/").content.decode()
    Entry.objects.filter(pk=one.entry_id).update(outcome="accepted", outcome_at=timezone.now())
    answer = beat(viewer, page).content.decode()  # type: ignore[attr-defined]
    assert '<div id="part-where" hx-swap-oob="innerHTML">' in answer
    assert "Jira accepted it" in answer
    assert "part-facts" not in answer
    assert "hx-trigger" not in answer


def test_newer_ones_wait_behind_a_link_and_rows_change_in_place(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, outcome="waiting")
    still = builders.deployment(retail)
    page = viewer.get("/deployments/").content.decode()
    Entry.objects.filter(pk=one.entry_id).update(outcome="accepted", outcome_at=timezone.now())
    builders.deployment(retail, label="brand-new")
    answer = beat(viewer, page).content.decode()  # type: ignore[attr-defined]
    assert "1 newer since you opened this page." in answer
    assert f'<template><tr id="row-{one.pk}" hx-swap-oob="innerHTML">' in answer
    assert f"row-{still.pk}" not in answer.split("</template>")[0].split("<template>")[1]
    assert "brand-new" not in answer


def test_an_empty_page_turns_into_the_filled_one(retail: Site, viewer: Client) -> None:
    page = viewer.get("/").content.decode()
    builders.deployment(retail)
    assert beat(viewer, page)["HX-Refresh"] == "true"  # type: ignore[index]


def test_a_pulse_shows_no_rows_of_a_foreign_site(retail: Site, foreign: Site, viewer: Client) -> None:
    secret = builders.deployment(foreign, label="secret-label")
    builders.deployment(retail)
    answer = viewer.get(f"/deployments/?_rows={secret.pk}&_top=", headers={"Waybill-Seen": "none"})
    assert b"secret-label" not in answer.content


def test_pages_are_not_kept_by_anything_between(retail: Site, viewer: Client) -> None:
    answer = viewer.get("/")
    assert "private" in answer["Cache-Control"]
    assert "Waybill-Seen" in answer["Vary"]


def test_a_changed_number_is_seen_though_its_time_is_not(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, label="v1", outcome="waiting")
    page = viewer.get("/").content.decode()
    Deployment.objects.filter(pk=one.pk).update(label="v2")
    assert "v2" in beat(viewer, page).content.decode()  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_while_nothing_is_written_the_page_is_not_worked_out_again(viewer: Client) -> None:
    page = viewer.get("/").content.decode()
    fewest = 1000
    # The server is other tests' too, and what they write just now is seen as well.
    for _ in range(50):
        as_of = beat(viewer, page)[live.AS_OF]  # type: ignore[index]
        with CaptureQueriesContext(connection) as asked:
            again = beat(viewer, page, as_of)
        assert again.status_code == 204  # type: ignore[attr-defined]
        fewest = min(fewest, len(asked))
        if fewest <= 4:
            break
    assert fewest <= 4


@pytest.mark.django_db(transaction=True)
def test_what_was_written_meanwhile_is_seen_at_once(retail: Site, viewer: Client) -> None:
    one = builders.deployment(retail, label="v1", outcome="waiting")
    page = viewer.get("/").content.decode()
    as_of = beat(viewer, page)[live.AS_OF]  # type: ignore[index]
    Deployment.objects.filter(pk=one.pk).update(label="v2")
    assert "v2" in beat(viewer, page, as_of).content.decode()  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_what_time_alone_changes_is_seen_within_half_a_minute(viewer: Client) -> None:
    page = viewer.get("/").content.decode()
    as_of = beat(viewer, page)[live.AS_OF]  # type: ignore[index]
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=31)):
        assert beat(viewer, page, as_of)[live.AS_OF] != as_of  # type: ignore[index]


@pytest.mark.parametrize("as_of", ["", "x", "0.1.0", "0.1.0 -5 1:1:", "0.1.0 ² 1:1:", f"0.1.0 {'9' * 5000} 1:1:"])
def test_a_pulse_that_knows_no_moment_is_answered(as_of: str, retail: Site, viewer: Client) -> None:
    page = viewer.get("/").content.decode()
    assert beat(viewer, page, as_of).status_code == 204  # type: ignore[attr-defined]


def test_a_pulse_after_the_session_is_told_so_and_shows_no_form(retail: Site, viewer: Client) -> None:
    page = viewer.get("/").content.decode()
    where, headers, values = pulse(viewer, page)
    viewer.logout()
    answer = viewer.get(where, values, headers=headers | {"HX-Request": "true", "HX-Trigger": "pulse"}, follow=True)
    assert answer.status_code == 401
    assert b"<form" not in answer.content
