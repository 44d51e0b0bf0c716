"""Requests go to public addresses by https only, checked on the address that is connected to."""

import socket
from typing import Any

import pytest

from devops_sync.jira import client as jira
from devops_sync.jira.addresses import NotAllowed, check_url


@pytest.mark.parametrize(
    "url",
    [
        "http://retail.atlassian.net",
        "https://127.0.0.1",
        "https://10.1.2.3",
        "https://192.168.0.1:8443",
        "https://169.254.169.254",
        "https://0.0.0.0",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[fe80::1]",
        "https://[fd00::1]",
        "https://100.64.0.1",
        "https://224.0.0.1",
        "https://someone:secret@retail.atlassian.net",
        "ftp://retail.atlassian.net",
        "https://",
        "https://[::1",
        "https://a..b",
        "https://" + "x" * 70 + ".example",
        "https://[64:ff9b::7f00:1]",
        "https://[fec0::1]",
        "https://192.0.0.8",
        "file:///etc/passwd",
    ],
)
def test_an_address_out_of_bounds_is_told_from_its_text(url: str) -> None:
    with pytest.raises(NotAllowed):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://someone:planted@retail.example",
        "https://someone:planted@retail.example/?next=https://x",
        "https:/\n/someone:planted@retail.example",
        "https://someone:planted\\@retail.example",
        "https://someone:planted@a..b",
        "https://someone:planted@retail.example:99999",
        "ftp://someone:planted@retail.example",
        "someone:planted@retail.example",
    ],
)
def test_a_password_in_an_address_is_refused_and_never_quoted(url: str) -> None:
    with pytest.raises(NotAllowed, match="must not contain a user name or a password") as refusal:
        check_url(url, allow_private=True)
    assert "planted" not in str(refusal.value)


def test_a_public_https_address_is_allowed() -> None:
    check_url("https://retail.atlassian.net", allow_private=False)


def test_private_addresses_are_allowed_where_the_installation_says_so() -> None:
    check_url("http://10.1.2.3:8080", allow_private=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254"])
def test_a_name_that_leads_to_a_private_address_is_refused_before_a_byte_leaves(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def looked_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    def connected(*_: Any) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    client = jira.Client(jira.Credential("https://x.example", "https://x.example", "c", "i", "s"))
    with pytest.raises(NotAllowed, match=r"leads to"):
        client.authorize(jira.Request("GET", "https://x.example/rest", {}))


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 443)) for found in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    client = jira.Client(jira.Credential("https://x.example", "https://x.example", "c", "i", "s"))
    with pytest.raises(NotAllowed):
        client.authorize(jira.Request("GET", "https://x.example/rest", {}))


def test_the_secret_is_in_no_repr() -> None:
    credential = jira.Credential("https://x.example", "https://x.example", "c", "i", "planted-secret")
    assert "planted-secret" not in repr(credential)
    assert "planted-secret" not in repr(jira.Client(credential).__dict__)
