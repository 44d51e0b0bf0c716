"""The preview of a clean-up of everything with a property, in a process of its own: prints how much, and each time."""

import json
import os
import sys
import time

import django

PREVIEWS = 12


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")
    django.setup()
    from devops_sync.cleaning import matching
    from devops_sync.cleanups import preview
    from devops_sync.models import Site

    site, (key, _, value) = Site.objects.earliest("pk"), sys.argv[1].partition("=")
    many, took = 0, []
    for _ in range(PREVIEWS):
        began = time.monotonic()
        found = preview.by_properties(
            matching.Criteria(site.pk, ("deployments", "builds", "devinfo"), {key: value}),
        )
        many = found["matching"]
        took.append(time.monotonic() - began)
    print(json.dumps({"many": many, "took": took}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
