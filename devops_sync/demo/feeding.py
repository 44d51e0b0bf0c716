"""Sending the demo's history through the gateway, as any sender would, with its progress on record."""

import time

import requests
from django.db.models import F
from django.utils import timezone

from ..jira import paths
from ..models import Run, Site
from .story import tell

SEED = 20_260
# Seconds between two requests: the history comes in beside whatever the newcomer does.
PAUSE = 0.02
TRIES = 60


class GaveUp(Exception):
    """The gateway did not take a request; the text says what it answered."""


def feed(site: Site, web_url: str, bearer: str, *, seed: int = SEED) -> Run:
    """Send what is left of the history. Raises `GaveUp`; calling it again goes on where it stopped."""
    run = Run.objects.filter(kind=Run.Kind.DEMO, site=site).first()
    started_at = run.started_at if run else timezone.now()
    story = tell(run.seed if run and run.seed is not None else seed, started_at)
    if run is None:
        run = Run.objects.create(kind=Run.Kind.DEMO, site=site, seed=seed, total=len(story), started_at=started_at)
    if run.finished_at is not None:
        return run
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {bearer}"
        for request in story[run.done :]:
            _send(session, f"{web_url}/s/{site.slug}{paths.on_site(request.api)}/bulk", request.body)
            Run.objects.filter(pk=run.pk).update(done=F("done") + 1)
            time.sleep(PAUSE)
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    run.refresh_from_db()
    return run


def _send(session: requests.Session, url: str, body: bytes) -> None:
    """Post one body, with patience for a web process that is being started again."""
    said = ""
    for _ in range(TRIES):
        try:
            answer = session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
        except requests.RequestException as error:
            said = type(error).__name__
        else:
            if answer.status_code == 202:
                return
            said = str(answer.status_code)
            if answer.status_code < 500:
                break
        time.sleep(1)
    raise GaveUp(f"The gateway did not take the demo's history: {said}.")
