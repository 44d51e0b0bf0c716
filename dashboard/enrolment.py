"""Enrolling in two-factor: the secret that an app is to take, kept with the session until a code of it was shown."""

from typing import Any

import qrcode
from django.http import HttpRequest

from devops_sync import vault
from devops_sync.models import User
from devops_sync.people import second_factor, totp
from devops_sync.wrong import Wrong

_WAITING = "second_factor_waits"
ISSUER = "Waybill"


def begin(request: HttpRequest, user: User) -> None:
    """Make a secret up, unless there is one that waits to be taken already."""
    if _kept(request, user) is None:
        request.session[_WAITING] = {"user": user.pk, "sealed": vault.seal(totp.new_secret()).decode()}


def finish(request: HttpRequest, user: User, code: str) -> list[str]:
    """Turn two-factor on. Returns the recovery codes. Raises `Wrong`."""
    secret = _kept(request, user)
    if secret is None:
        begin(request, user)
        raise Wrong("This page was open for too long. Scan the new code.", "code")
    codes = second_factor.turn_on(user, secret, code)
    del request.session[_WAITING]
    return codes


def shown(request: HttpRequest) -> dict[str, Any]:
    """What the page shows of the secret: in groups of four, for those who type it."""
    secret = _secret(request) or ""
    return {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}


def picture(request: HttpRequest, name: str) -> str | None:
    """The secret as a QR code in SVG, dark on light in any scheme; None where there is none to show."""
    secret = _secret(request)
    if secret is None:
        return None
    code = qrcode.QRCode(border=4)
    code.add_data(totp.address(secret, name, ISSUER))
    rows = code.get_matrix()
    dots = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{dots}" fill="#000"/></svg>'
    )


def _secret(request: HttpRequest) -> str | None:
    kept = request.session.get(_WAITING)
    try:
        return vault.open_sealed(kept["sealed"].encode()) if kept else None
    except vault.CannotOpen:
        return None


def _kept(request: HttpRequest, user: User) -> str | None:
    """The secret, if it was made for this person."""
    return _secret(request) if request.session.get(_WAITING, {}).get("user") == user.pk else None
