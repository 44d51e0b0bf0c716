"""A clean-up of an account's deployments, in a process of its own: prints how long each step took, as JSON."""

import json
import os
import sys
import time

import django

PREVIEWS = 12
IDLE_SECONDS = 3


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")
    django.setup()
    from django.utils import timezone

    from devops_sync import cleaning, cleanups
    from devops_sync.cleaning import matching, placing
    from devops_sync.cleanups import preview
    from devops_sync.models import Cleanup, Site

    site, now = Site.objects.get(), timezone.now()
    pairs = {"account": sys.argv[1]}
    begins = time.monotonic()
    time.sleep(IDLE_SECONDS)
    found: dict[str, object] = {"idle": (begins, time.monotonic())}

    def previewed() -> float:
        began = time.monotonic()
        preview.by_properties(matching.Criteria(site.pk, ("deployments",), pairs))
        return time.monotonic() - began

    found["previews"] = [previewed() for _ in range(PREVIEWS)]
    asker = cleanups.Asker(Cleanup.Origin.SHELL)
    cleanup = cleanups.plan_by_properties(site, ("deployments",), pairs, asker, now)
    Site.objects.update(approval_above=None)
    cleanup.site.refresh_from_db()
    cleanups.confirm(cleanup, None, cleanup.total, "Measured.", 0, now)

    stand, last = placing.stand, [0.0]

    def timed(*arguments: object) -> object:
        began = time.monotonic()
        try:
            return stand(*arguments)  # type: ignore[arg-type]
        finally:
            last[0] = time.monotonic() - began

    placing.stand = timed  # type: ignore[assignment]
    began = time.monotonic()
    cleaning.run(cleanup.pk)
    found["marking"] = (began, time.monotonic())
    part = cleanup.parts.get()
    assert part.state == "standing", part.state
    found["marked"], found["alone"] = part.marked, last[0]
    began = time.monotonic()
    cleanups.cancel(cleanup, None, timezone.now())
    found["back"] = time.monotonic() - began
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
