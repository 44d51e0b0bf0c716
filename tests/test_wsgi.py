"""What the web server runs, asked as the web server asks it: with headers that no test client would send."""

import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, RequestFactory

from devops_sync.up import parts
from devops_sync.wsgi import FILES, application
from tests import builders, started

pytestmark = pytest.mark.django_db
# No charset of texts, one that makes halves of characters, one that cannot say what it could not read, none at all.
CHARSETS = ("rot13", "base64", "utf-16", "unicode_escape", "raw_unicode_escape", "ascii", "nope")
TYPES = [*(f"text/plain; charset={name}" for name in CHARSETS), "text/plain; a*=nope''x", "text/plain; a*=rot13''x"]


@pytest.fixture(autouse=True)
def _kept_connection() -> Iterator[None]:
    """Let a request leave the connection alone that holds the test's transaction, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def answer_to(
    address: str, content_type: str, body: bytes | None = None, signed_in: Client | None = None
) -> tuple[int, bytes]:
    """The status and the body that the web server would be given; with a body for a POST."""
    statuses: list[str] = []
    request = RequestFactory().get(address) if body is None else RequestFactory().post(address, body, "text/plain")
    environ = {**request.environ, "CONTENT_TYPE": content_type, "HTTP_COOKIE": f"csrftoken={'a' * 32}"}
    if signed_in is not None:
        environ["HTTP_COOKIE"] = "; ".join(f"{one.key}={one.value}" for one in signed_in.cookies.values())
    answer = application(environ, lambda status, headers, *_: statuses.append(status))
    return int(statuses[0].split()[0]), b"".join(answer)


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(
    ("address", "status"), [("/login/?next=%FFA", 200), ("/healthz", 200), ("/deployments/?%FF=%FF", 302)]
)
def test_no_declared_charset_keeps_a_stranger_from_an_answer(content_type: str, address: str, status: int) -> None:
    assert answer_to(address, content_type)[0] == status


@pytest.mark.parametrize("content_type", TYPES)
def test_an_address_is_utf_8_whatever_is_declared(content_type: str, client: Client) -> None:
    builders.deployment(builders.site())
    client.force_login(builders.user())
    status, page = answer_to("/deployments/?q=%E2%80%A6%FF%5Cud800", content_type, signed_in=client)
    assert status == 200
    assert 'value="…\N{REPLACEMENT CHARACTER}\\ud800"'.encode() in page


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("form", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_form_in_another_charset_is_refused(charset: str, form: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--x--\r\n'
    assert answer_to("/login/", f"{form}; charset={charset}", body)[0] == 400


@pytest.mark.parametrize("content_type", [*TYPES, "application/json; charset=ISO-8859-1"])
def test_a_stranger_at_the_gateway_is_told_so_in_its_shape(content_type: str) -> None:
    status, said = answer_to("/rest/builds/0.1/bulk", content_type, b"{}")
    assert (status, said) == (401, b'{"code":401,"message":"Unauthorized"}')


def test_a_process_has_files_for_all_connections_that_it_takes() -> None:
    ask = "import resource, devops_sync.wsgi; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    for hard, expected in ((FILES + 1, FILES), (512, 512)):
        limit = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (256, int(sys.argv[1])));"
        limit += "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        command = [sys.executable, "-c", limit, str(hard), "-c", ask]
        found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=started.ROOT)
        assert found.stdout.split() == [str(expected), str(hard)]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 2 * parts.WEB_CONNECTIONS
