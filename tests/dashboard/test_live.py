"""How pages follow: nothing when nothing changed, what changed when it did, and an end when all is settled."""

import html
import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from devops_sync.models import Deployment, Entry, Site
from tests import builders

pytestmark = pytest.mark.django_db


def pulse(client: Client, page: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The pulse of a page: where it asks, with which headers and parameters."""
    found = re.search(r'<div id="pulse"[^>]*hx-get="([^"]*)"[^>]*hx-headers=\'([^\']*)\' hx-vals=\'([^\']*)\'', page)
    assert found, page[-500:]
    where, headers, values = (html.unescape(part) for part in found.groups())
    return where, json.loads(headers), json.loads(values)


def beat(client: Client, page: str) -> object:
    where, headers, values = pulse(client, page)
    return (
        client.get(where, values, headers=headers | {"HX-Request": "true"})
        if values
        else client.get(where, headers=headers | {"HX-Request": "true"})
    )


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
