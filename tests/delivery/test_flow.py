"""How fast a lane empties is said only when it is known."""

import datetime as dt

from django.utils import timezone

from devops_sync import corrections
from devops_sync.corrections import Changes
from devops_sync.models import Entry, Lane, Site
from devops_sync.models.flow import Flow, flow_by_lane
from tests import builders
from tests.delivery.conftest import Submit, deliver
from tests.payloads import deployment, issues


def test_what_came_and_what_left_are_counted_apart(lane: Lane, submit: Submit) -> None:
    submit(*[deployment(number) for number in range(10)])
    deliver(lane)
    submit(*[deployment(number) for number in range(10, 15)], "not a deployment")
    flow = flow_by_lane([lane.pk], timezone.now())[lane.pk]
    assert (flow.came, flow.left) == (15 / 5, 10 / 5)


def test_what_a_person_sends_again_comes_into_the_live_lane(site: Site, lane: Lane, submit: Submit) -> None:
    submit(deployment(associations=issues("NOPE-1")))
    deliver(lane)
    user = builders.user("release-manager")
    corrections.apply(site, list(Entry.objects.all()), Changes(), user, timezone.now())
    assert flow_by_lane([lane.pk], timezone.now())[lane.pk].came == 2 / 5


def test_a_lane_that_gets_fuller_has_no_end() -> None:
    assert Flow(came=10, left=10).empty_in(100) is None
    assert Flow(came=0, left=0).empty_in(100) is None


def test_what_comes_in_is_counted_against_what_leaves() -> None:
    assert Flow(came=10, left=60).empty_in(100) == dt.timedelta(minutes=2)
    assert Flow(came=10, left=5).empty_in(0) == dt.timedelta()
