"""The doorbells. A message says "look at this lane"; what to do there is in the database."""

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from . import cleaning, delivery, feeding, written_off
from .audit import sealing
from .models import Confirmation, Errand, Gate, Lane

RING_EXPIRES_SECONDS = 60


@shared_task
def deliver(lane_id: int) -> None:
    """Take a turn at a lane, and ring for it again when the turn was not enough."""
    if delivery.run(lane_id):
        deliver.apply_async((lane_id,), retry=False, expires=RING_EXPIRES_SECONDS)
    elif Errand.objects.running().feeding(lane_id).exists():
        run_errands.apply_async(retry=False, expires=RING_EXPIRES_SECONDS)


@shared_task
def read_back() -> None:
    """Answer the read-backs that are due, and let the errands that asked for them go on."""
    if delivery.read_due() and Errand.objects.running().reading().exists():
        run_errands.apply_async(retry=False, expires=RING_EXPIRES_SECONDS)


@shared_task
def run_errands() -> None:
    """Feed the errands that run, and ring for what got something."""
    fed = feeding.feed()
    for lane_id in fed.lanes:
        deliver.apply_async((lane_id,), retry=False, expires=RING_EXPIRES_SECONDS)
    if fed.readings:
        read_back.apply_async(retry=False, expires=RING_EXPIRES_SECONDS)


@shared_task
def follow_gates() -> None:
    """Ask for the gates that are due."""
    delivery.follow_due()


@shared_task
def clean_up() -> None:
    """Let the clean-ups go on that have something to do."""
    for lane_id in cleaning.run_due():
        deliver.apply_async((lane_id,), retry=False, expires=RING_EXPIRES_SECONDS)


@shared_task
def seal_audit_log() -> None:
    """Give what was noted its place in the chain."""
    sealing.seal()


@shared_task
def sweep() -> None:
    """Ring for whatever is due: a lost message, a dead worker and a pause all end here."""
    now = timezone.now()
    written_off.write_off_late(now)
    for lane_id in Lane.objects.due(now).with_work().values_list("pk", flat=True):
        deliver.apply_async((lane_id,), retry=False, expires=10)
    if Confirmation.objects.due(now).exists():
        read_back.apply_async(retry=False, expires=10)
    if Gate.objects.due(now).exists():
        follow_gates.apply_async(retry=False, expires=10)
    if Errand.objects.running().exists():
        run_errands.apply_async(retry=False, expires=10)
    if cleaning.is_anything_due(now):
        clean_up.apply_async(retry=False, expires=10)
    if sealing.is_due(now):
        seal_audit_log.apply_async(retry=False, expires=10)


@worker_shutting_down.connect
def _finish_the_request_under_way(**_: object) -> None:
    delivery.stop()
