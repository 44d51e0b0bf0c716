"""What strangers may take up: of slow bodies a few, and no thread of the senders, nor of who is signed in."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from devops_sync import patience
from devops_sync.gateway import strangers
from devops_sync.models import Session
from tests import builders

LOGIN, TOKEN = "/login/", "/oauth/token"
requests = RequestFactory()


class Held:
    """What requests come to: its body and its answer can be kept back."""

    def __init__(self) -> None:
        self._leave, self._entered = threading.Event(), threading.Semaphore(0)

    def wait(self, *_: object) -> bytes:
        """Let it be known that one waits here, and wait for its release."""
        self._entered.release()
        assert self._leave.wait(10)
        return b""

    def post(self, path: str, address: str) -> HttpRequest:
        """A request whose body does not come."""
        request = requests.post(path, b"x" * 100, "text/plain", REMOTE_ADDR=address)
        request._stream = self  # type: ignore[attr-defined]
        return request

    read = wait

    def close(self) -> None:
        """As streams are."""

    @contextlib.contextmanager
    def of(self, door: strangers.FewBodies, asked: list[HttpRequest]) -> Iterator[list[int]]:
        """While all of these wait; afterwards, what they were answered."""
        answered: list[int] = []
        with ThreadPoolExecutor(len(asked)) as threads:
            under_way = [threads.submit(door, request) for request in asked]
            for _ in asked:
                assert self._entered.acquire(timeout=10)
            try:
                yield answered
            finally:
                self._leave.set()
            answered += [one.result().status_code for one in under_way]


def taken(_: HttpRequest) -> HttpResponse:
    return HttpResponse(status=202)


def asked(door: Callable[[HttpRequest], HttpResponse], path: str, address: str = "192.0.2.9", **more: str) -> int:
    return door(requests.post(path, b"x", "text/plain", REMOTE_ADDR=address, **more)).status_code


def test_only_a_few_bodies_of_strangers_are_read_at_once() -> None:
    door, held = strangers.FewBodies(taken), Held()
    slow = [held.post((TOKEN, LOGIN)[at % 2], f"192.0.2.{at}") for at in range(strangers.READING_AT_ONCE)]
    with held.of(door, slow) as answered:
        assert [asked(door, TOKEN), asked(door, LOGIN)] == [503, 503]
        assert asked(door, "/rest/builds/0.1/bulk") == 202
        assert door(requests.get("/healthz")).status_code == 202
    assert answered == [202] * len(slow)
    assert asked(door, TOKEN) == 202


def test_one_address_leaves_places_to_others() -> None:
    door, held = strangers.FewBodies(taken), Held()
    with held.of(door, [held.post(LOGIN, f"2001:db8::{at}") for at in range(strangers.READING_OF_ONE)]):
        assert asked(door, LOGIN, "2001:db8::ffff") == 503
        assert [asked(door, LOGIN, "2001:db8:0:1::1"), asked(door, TOKEN)] == [202, 202]
    assert asked(door, LOGIN, "2001:db8::ffff") == 202


@pytest.mark.parametrize(
    "declared",
    [{"CONTENT_LENGTH": str(strangers._SMALL + 1)}, {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}],
)
def test_what_is_no_small_body_counts_until_it_is_answered(declared: dict[str, str]) -> None:
    held = Held()
    door = strangers.FewBodies(lambda request: taken(request) if request.path != LOGIN else HttpResponse(held.wait()))
    large = [
        requests.post(LOGIN, b"x", "text/plain", REMOTE_ADDR="192.0.2.9", **declared)
        for _ in range(strangers.READING_OF_ONE)
    ]
    with held.of(door, large):
        assert [asked(door, "/account/"), asked(door, "/account/", "192.0.2.10")] == [503, 202]


def test_as_many_ask_for_an_access_token_at_once_as_like() -> None:
    held = Held()
    door = strangers.FewBodies(lambda _: HttpResponse(held.wait()))
    many = [requests.post(TOKEN, b"x", "text/plain") for _ in range(3 * strangers.READING_AT_ONCE)]
    with held.of(door, many) as answered:
        pass
    assert answered == [200] * len(many)


def test_only_a_few_sign_in_at_once_and_who_is_signed_in_goes_on(db: None) -> None:
    held = Held()
    door = strangers.FewBodies(lambda request: taken(request) if request.path != LOGIN else HttpResponse(held.wait()))
    client = Client()
    client.force_login(builders.user("viewer"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    many = [requests.post(LOGIN, b"x", "text/plain") for _ in range(strangers.ANSWERED_AT_ONCE)]
    with held.of(door, many):
        assert asked(door, "/account/", HTTP_COOKIE=cookie) == 202
        for none in ("", "x", '"a\\000"', "y" * 500):
            assert asked(door, "/account/", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={none}") == 503
        Session.objects.update(expire_date=timezone.now())
        assert asked(door, "/account/", HTTP_COOKIE=cookie) == 503


def test_who_is_signed_in_sends_while_strangers_have_all_places(db: None) -> None:
    door, held = strangers.FewBodies(taken), Held()
    client = Client()
    client.force_login(builders.user("viewer"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    with held.of(door, [held.post(LOGIN, f"192.0.2.{at}") for at in range(strangers.READING_AT_ONCE)]):
        assert asked(door, "/account/", HTTP_COOKIE=cookie) == 202
        Session.objects.update(user=None)
        assert asked(door, "/account/", HTTP_COOKIE=cookie) == 503


def test_slow_senders_with_a_token_have_places_that_no_stranger_takes() -> None:
    assert strangers.READING_OF_ONE < strangers.READING_AT_ONCE <= patience.HELD_AT_MOST - 4


def test_what_was_read_first_is_there_for_whoever_asks() -> None:
    door = strangers.FewBodies(lambda request: HttpResponse(request.read(2) + request.read()))
    assert door(requests.post(TOKEN, b"whole", "text/plain")).content == b"whole"
    form = strangers.FewBodies(lambda request: HttpResponse(request.POST["a"]))
    assert form(requests.post(LOGIN, {"a": "b", "file": io.BytesIO(b"c")})).content == b"b"
