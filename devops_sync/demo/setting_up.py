"""The first admin, and a site that points at the sandbox.

The passwords that `up` prints are derived from the secret key, so that every start can print them again
without keeping them in clear anywhere.
"""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import sites, tokens
from ..models import Grant, Site, Token, User
from ..models.token import fingerprint
from ..people import giving
from ..sandbox import store
from ..secrecy import BEARER_PREFIX, SECRET_PREFIX

SLUG = "demo"
ADMIN = "admin"
TOKEN = "demo"  # noqa: S105 (its name)


def set_up(sandbox_url: str | None) -> dict[str, Any]:
    """Make sure that there is an admin and, with a sandbox, a site and a token for it.

    Returns what `up` prints: site, cloud_id, admin and gateway; a password that somebody has changed is None.
    """
    site = _site(sandbox_url) if sandbox_url else None
    return {
        "site": site.slug if site else None,
        "cloud_id": site.cloud_id if site else None,
        "admin": _admin(),
        "gateway": _gateway(site) if site else {"client_id": None, "client_secret": None, "token": None},
    }


def derived(purpose: str) -> str:
    """A secret of 190 bits for one purpose, the same for as long as the secret key is."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"waybill up {purpose}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest)[:32].decode()


def _admin() -> dict[str, str | None]:
    """The first admin. Where another admin was made already, nobody is added."""
    password = derived("admin password")[:20]
    user = User.objects.filter(username=ADMIN).first()
    if user is None:
        if Grant.objects.filter(role=Grant.Role.ADMIN).exists():
            return {"username": None, "password": None}
        user = giving.make(ADMIN, [(Grant.Role.ADMIN, None)], password)
    return {"username": ADMIN, "password": password if user.check_password(password) else None}


def _site(sandbox_url: str) -> Site:
    """The sandbox as a site. It may have moved to another port since the last start."""
    credential = store.credential(Path(settings.ENVIRONMENT.data) / "sandbox")
    site = Site.objects.connected().filter(cloud_id=credential.cloud_id).first()
    if site is None:
        slug = SLUG if not Site.objects.filter(slug=SLUG).exists() else f"{SLUG}-{credential.cloud_id[:8]}"
        site = sites.connect(
            slug, sandbox_url, credential.client_id, credential.secret, timezone.now(), allow_private=True
        )
    elif (site.url, site.client_id) != (sandbox_url, credential.client_id):
        site.url = site.api_url = sandbox_url
        site.client_id, site.secret = credential.client_id, credential.secret
        site.save()
    if site.capabilities_at is None:
        sites.examine(site, timezone.now())
    return site


def _gateway(site: Site) -> dict[str, str]:
    """Credentials for the gateway, which may do everything in the demo's site."""
    secret, bearer = f"{SECRET_PREFIX}{derived('client secret')}", f"{BEARER_PREFIX}{derived('bearer')}"
    token = Token.objects.filter(site=site, name=TOKEN).first()
    if token is None:
        token, _, _ = tokens.create(TOKEN, site, list(Token.SCOPES), timezone.now())
    token.secret_hash, token.bearer_hash = fingerprint(secret), fingerprint(bearer)
    token.save(update_fields=["secret_hash", "bearer_hash"])
    return {"client_id": token.client_id, "client_secret": secret, "token": bearer}
