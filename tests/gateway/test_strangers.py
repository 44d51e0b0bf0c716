"""What strangers may take up: of slow bodies a few, and no thread of the senders."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from devops_sync.gateway import strangers


def test_only_a_few_bodies_of_strangers_are_read_at_once() -> None:
    leave, entered = threading.Event(), threading.Semaphore(0)

    def slow(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and not request.path.startswith("/rest/"):
            entered.release()
            leave.wait(10)
        return HttpResponse(status=202)

    door, requests = strangers.FewBodies(slow), RequestFactory()
    with ThreadPoolExecutor(strangers.READING_AT_ONCE) as slow_ones:
        held = [slow_ones.submit(door, requests.post("/oauth/token")) for _ in range(strangers.READING_AT_ONCE)]
        for _ in held:
            entered.acquire(timeout=10)
        assert door(requests.post("/oauth/token")).status_code == 503
        assert door(requests.post("/rest/builds/0.1/bulk")).status_code == 202
        assert door(requests.get("/healthz")).status_code == 202
        leave.set()
        assert {one.result().status_code for one in held} == {202}
    assert door(requests.post("/oauth/token")).status_code == 202
