import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devops_sync.models import Cause, Deployment, Run, Site
from devops_sync.models.place import latest_by_place
from tests import builders

pytestmark = pytest.mark.django_db


def text(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def test_an_empty_ledger_teaches_with_this_server_and_this_site(retail: Site, viewer: Client) -> None:
    page = text(viewer)
    assert f"http://testserver/jira/deployments/0.1/cloud/{retail.cloud_id}/bulk" in page
    assert "EXAMPLE-1" in page
    assert "--site retail" in page


def test_without_any_site_it_says_how_to_connect_one(client: Client) -> None:
    client.force_login(builders.user("viewer"))
    assert "manage.py add_site" in text(client)


def test_the_latest_by_number_stands_in_its_cell(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=2, label="v2", at=ago(days=3))
    builders.deployment(retail, number=1, label="v1", at=ago(days=1))
    page = text(viewer)
    assert ">v2</span>" in page
    assert ">v1</span>" not in page


def test_environments_stand_in_the_order_of_their_types(retail: Site, viewer: Client) -> None:
    for environment in ("production-b", "zoo", "dev", "production-a", "staging", "test"):
        builders.deployment(retail, environment=environment)
    page = text(viewer)
    heads = [
        page.index(f'<th scope="col"><span class="clamp">{name}<')
        for name in ("dev", "test", "staging", "production-a", "production-b", "zoo")
    ]
    assert heads == sorted(heads)


def test_a_failed_cell_stands_out_and_says_what_runs(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="3.6.4", at=ago(days=9))
    builders.deployment(retail, number=2, label="3.7.0", state="failed", at=ago(minutes=20))
    page = text(viewer)
    assert "cell--bad" in page
    assert "Runs 3.6.4 since" in page
    assert "1 deployment failed" in page


def test_a_gated_cell_says_that_it_waits(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="v4.18.2")
    builders.deployment(retail, number=2, label="v4.18.3", state="pending", gated=True)
    page = text(viewer)
    assert "cell--warn" in page
    assert "Awaiting gate" in page
    assert "Pending, runs v4.18.2" in page
    assert "1 waits at a gate" in page


def test_a_rolled_back_cell_says_what_it_is_back_on(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, number=1, label="12.2.0")
    builders.deployment(retail, number=2, label="12.2.1", state="rolled_back")
    assert "Back on 12.2.0" in text(viewer)


def test_a_cell_says_how_far_it_is_behind_the_environment_before_it(retail: Site, viewer: Client) -> None:
    for number, label in enumerate(("1.0", "1.1", "1.1", "1.2"), 1):
        builders.deployment(retail, environment="dev", number=number, label=label)
    builders.deployment(retail, environment="production", number=1, label="1.0")
    builders.deployment(retail, "other", "dev", number=1, label="1.0")
    builders.deployment(retail, "other", "production", number=1, label="1.0")
    page = text(viewer)
    assert page.count("2 behind") == 1
    assert page.count(" behind") == 1


def test_filters_narrow_the_matrix(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, "checkout-api", "dev")
    builders.deployment(retail, "identity", "production", state="failed")
    assert "identity" not in text(viewer, "/?pipeline=CHECK").split("Changed in the last hour")[0]
    assert "checkout-api" not in text(viewer, "/?environment_type=production").split("Changed in the last hour")[0]
    assert "checkout-api" not in text(viewer, "/?show=look").split("Changed in the last hour")[0]
    assert "No pipeline matches." in text(viewer, "/?pipeline=nothing")


def test_a_wrong_filter_gets_a_sentence(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    answer = viewer.get("/?environment_type=moon")
    assert answer.status_code == 400
    assert "“moon” is no environment type." in answer.content.decode()


def test_a_held_lane_is_said_and_can_be_released_by_those_who_may(retail: Site, viewer: Client, admin: Client) -> None:
    builders.deployment(retail, outcome="waiting")
    builders.lane(retail, held_at=ago(minutes=47), held_reason="Jira answers 403. Grant it in Jira, then try now.")
    page = text(admin)
    assert "Jira answers 403. Grant it in Jira, then try now." in page
    assert "Try now" in page
    assert ">Try now</button>" not in text(viewer)


def test_a_sleeping_lane_says_why_and_until_when(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, outcome="waiting")
    builders.lane(retail, wake_at=timezone.now() + dt.timedelta(minutes=5), failures=3, slept_for="Jira answered 503.")
    page = text(viewer)
    assert "sleeps until" in page
    assert "Jira answered 503." in page


def test_a_run_shows_how_far_it_is(retail: Site, viewer: Client) -> None:
    Run.objects.create(kind="demo", site=retail, total=1208, done=412, started_at=timezone.now())
    page = text(viewer)
    assert "Filling in two months of demo history of" in page
    assert "412 of 1,208" in page


def test_the_strip_adds_up(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    cause = Cause.objects.create(text="No valid associations")
    builders.deployment(retail, outcome="rejected", entry_facts={"cause": cause})
    builders.deployment(retail, outcome="waiting")
    page = text(viewer)
    assert "All accounted for" in page
    assert "1 cause" in page
    assert "95 of 100 within 1.0 s" in page


def test_rejections_are_counted_by_cause_and_lead_to_their_page(retail: Site, viewer: Client) -> None:
    cause = Cause.objects.create(text="Unknown issue keys: {key}")
    for key in ("SHOP-1", "SHOP-2"):
        errors = [{"message": f"Unknown issue keys: {key}"}]
        builders.deployment(retail, outcome="rejected", entry_facts={"errors": errors, "cause": cause})
    page = text(viewer)
    assert "1 cause" in page
    assert 'href="/deliveries/rejected/">2</a>' in page


def test_an_entry_that_went_missing_shows_in_the_balance(retail: Site, viewer: Client) -> None:
    builders.deployment(retail)
    builders.submission(retail, entry_count=2)
    assert "2 not accounted for" in text(viewer)


def test_the_last_hour_is_told_in_words(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, "web", "dev", label="1", state="in_progress")
    builders.deployment(retail, "web", "test", label="2", state="failed", duration=400)
    builders.deployment(retail, "web", "staging", label="3", at=ago(hours=2))
    page = text(viewer)
    assert "began on dev" in page
    assert "failed on test after 6 min 40 s" in page
    assert "reached staging" not in page


def test_a_sandbox_is_called_one_everywhere(client: Client) -> None:
    trial = builders.site("trial", is_sandbox=True)
    one = builders.deployment(trial, outcome="waiting")
    builders.lane(trial, held_at=timezone.now(), held_reason="Held.")
    done = builders.deployment(trial)
    client.force_login(builders.user("admin", of=trial))
    for page in (
        "/",
        "/deployments/",
        f"/deployments/{one.pk}/",
        "/submissions/",
        f"/submissions/{one.entry.submission_id}/",
        "/deliveries/",
        f"/deliveries/{done.entry.delivery_id}/",
    ):
        found = text(client, page)
        assert "Sandbox" in found, page


@pytest.mark.parametrize("columns", [1, 12])
def test_any_number_of_environments_fits(columns: int, retail: Site, viewer: Client) -> None:
    for number in range(columns):
        builders.deployment(retail, environment=f"env-{number}")
    assert text(viewer).count('<th scope="col"><span class="clamp">env-') == columns


def test_what_it_asks_does_not_grow_with_what_there_is(
    retail: Site, viewer: Client, django_assert_num_queries: Any
) -> None:
    for count in (5, 45):
        for number in range(count):
            builders.deployment(retail, f"pipeline-{number % 20}", f"env-{number % 7}", outcome="rejected")
        cache.clear()
        with django_assert_num_queries(20):
            text(viewer)


def test_latest_by_place_is_what_a_plain_reading_finds(retail: Site, foreign: Site) -> None:
    for number in range(1, 60):
        builders.deployment((retail, foreign)[number % 2], f"p-{number % 5}", f"e{number % 3}", number=number)
    found = latest_by_place([retail.pk])
    plain: dict[tuple[str, str], Deployment] = {}
    for one in Deployment.objects.filter(site=retail).order_by("number"):
        plain[one.pipeline_id, one.environment_id] = one
    assert {one.pk for one in found} == {one.pk for one in plain.values()}
    assert len(latest_by_place([retail.pk, foreign.pk])) == len(
        {(one.site_id, one.pipeline_id, one.environment_id) for one in Deployment.objects.all()}
    )


def test_a_page_of_environments_is_as_wide_as_people_can_read(retail: Site, viewer: Client) -> None:
    for number in range(30):
        builders.deployment(retail, "web", f"preview-{number:02}", at=ago(hours=number), type="testing")
    page = viewer.get("/").content.decode()
    assert "6 more environments are not shown" in page
    assert "preview-00" in page
    assert "preview-29" not in page


def test_the_last_day_is_a_click_away(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, label="this-hour")
    builders.deployment(retail, label="this-day", at=ago(hours=20))
    hour, day = (text(viewer, address).split('id="hour-title">')[1] for address in ("/", "/?changed=day"))
    assert hour.startswith("Changed in the last hour")
    assert "this-day" not in hour
    assert 'href="?changed=day#hour"' in hour
    assert day.startswith("Changed in the last day")
    assert "this-hour" in day
    assert "this-day" in day


def test_more_pipelines_than_a_page_holds_go_on_by_name(retail: Site, viewer: Client) -> None:
    for number in range(120):
        builders.deployment(retail, f"pipeline-{number:03}", outcome="waiting")
    seen: list[str] = []
    address = "/?environment_type=production"
    for rest in ("70 more pipelines follow by name", "20 more pipelines follow by name", "These are the last by name"):
        page = text(viewer, address)
        assert "120 pipelines in 1 environment" in page
        assert rest in page
        seen += re.findall(r"pipelines/retail/(pipeline-\d+)/\" id=\"pipeline-", page)
        following = re.search(r'href="([^"]*)" rel="next"', page)
        address = "/" + following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"pipeline-{number:03}" for number in range(120)]
    assert not address


def test_previews_do_not_crowd_out_production(retail: Site, viewer: Client) -> None:
    builders.deployment(retail, "web", "production", at=ago(days=9))
    for number in range(30):
        builders.deployment(retail, "web", f"preview-{number:02}", type="development")
    page = viewer.get("/").content.decode()
    assert 'data-environment="production"' in page
    assert "7 more environments are not shown" in page
