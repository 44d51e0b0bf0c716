"""What claiming a lane and building its next request costs, in a process of its own: prints seconds for one time."""

import os
import sys
import time

import django

TIMES = 300


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")
    django.setup()
    from django.utils import timezone

    from devops_sync.delivery import leases
    from devops_sync.delivery.batch import next_batch
    from devops_sync.delivery.due_deletion import next_deletion
    from devops_sync.models import Lane

    lane = Lane.objects.select_related("site").get(api="deployments", priority=Lane.Priority.LIVE)

    def once() -> None:
        # As the sweep and a turn do it.
        assert lane.pk in list(Lane.objects.due(timezone.now()).with_work().values_list("pk", flat=True))
        hold = leases.take(lane.pk, timezone.now())
        assert hold is not None
        batch = next_batch(lane)
        assert batch is not None
        next_deletion(lane)
        hold.give_back()

    # The worker may have been stopped with the lane in its hands.
    until = time.monotonic() + 30
    while not Lane.objects.filter(pk=lane.pk).due(timezone.now()).exists() and time.monotonic() < until:
        time.sleep(0.2)
    for _ in range(TIMES // 10):
        once()
    began = time.perf_counter()
    for _ in range(TIMES):
        once()
    print((time.perf_counter() - began) / TIMES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
