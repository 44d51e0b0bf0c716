"""Who is acting now, and from where: set at the edge (a page, the gateway, a command), read when an act is noted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .. import remote
from ..models import Token, User
from ..models.audit import AuditRow

# As plain texts: the driver need not look at what they are.
_USER, _TOKEN, _COMMAND, _SYSTEM, _STRANGER = AuditRow.ActorKind.values
Respond = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. The name stays readable when the person or the token is gone."""

    kind: str
    name: str = ""
    user_id: int | None = None
    token_id: int | None = None
    remote_address: str = ""


SYSTEM = Actor(_SYSTEM, "Waybill")
_now: ContextVar[Callable[[], Actor]] = ContextVar("acting", default=lambda: SYSTEM)


def current() -> Actor:
    """Who acts now; Waybill itself when nobody has said."""
    return _now.get()()


def user(of: User, remote_address: str | None = None) -> Actor:
    return Actor(_USER, of.get_username(), user_id=of.pk, remote_address=remote_address or "")


def token(of: Token, remote_address: str | None = None) -> Actor:
    return Actor(_TOKEN, of.name, token_id=of.pk, remote_address=remote_address or "")


def command(name: str) -> Actor:
    """Whoever runs `manage.py <name>`: who may run commands is not asked for a name."""
    return Actor(_COMMAND, f"manage.py {name}")


def stranger(remote_address: str | None = None, name: str = "") -> Actor:
    """Somebody who is not known; `name` is what they called themselves."""
    return Actor(_STRANGER, name, remote_address=remote_address or "")


@contextmanager
def by(actor: Actor) -> Iterator[None]:
    """Let what is noted meanwhile be this one's doing."""
    held = _now.set(lambda: actor)
    try:
        yield
    finally:
        _now.reset(held)


def become(actor: Actor) -> None:
    """Let the rest of this request be this one's doing: the sender of a token, or who has just signed in."""
    _now.set(lambda: actor)


def middleware(respond: Respond) -> Respond:
    """Whoever is signed in acts, from the address that the request came from."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        held = _now.set(lambda: _of(request))
        try:
            return respond(request)
        finally:
            _now.reset(held)

    return answer


def _of(request: HttpRequest) -> Actor:
    """Asked only when something is noted: most requests need not know."""
    remote_address = remote.address_of(request)
    who: Any = getattr(request, "user", None)
    return user(who, remote_address) if getattr(who, "pk", None) else stranger(remote_address)


def of(sender: Token | None, person: User | None, remote_address: str | None) -> Actor:
    """Who a request came from that names its sender itself; else who acts now."""
    if sender is not None:
        return token(sender, remote_address)
    if person is not None:
        return user(person, remote_address)
    found = current()
    if found.kind == _SYSTEM and remote_address:
        return stranger(remote_address)
    return replace(found, remote_address=remote_address or found.remote_address)
