"""Signing in through an OpenID provider: allauth leads there and back, and what comes back is believed here or not.

allauth keeps state and PKCE, fetches the token, and its table remembers who is who. It would believe an ID token that
came over TLS without its signature, and knows no nonce: both are checked here. Whom that lets in: `admitting`.
"""

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from devops_sync.jira import addresses, deadline, exchange
from devops_sync.models import User

from . import admitting

log = logging.getLogger(__name__)
WHOLE_SECONDS = 15.0
LARGEST_ANSWER = 1024 * 1024
# A stranger can have the provider asked as often as they like. Each time holds a thread for as long as that takes, and
# the threads that are left take submissions.
ASKING_AT_ONCE = 4
_asking = threading.BoundedSemaphore(ASKING_AT_ONCE)
# As long as allauth remembers a state.
_WAY_LASTS_SECONDS = 600
# Clocks differ.
_LEEWAY_SECONDS = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_NOT_TRUSTED = "What the provider answered cannot be trusted, so that nobody was signed in. Try again."


class _Done(Exception):
    """The provider's answer was taken; allauth's own sign-in is left here."""

    def __init__(self, login: SocialLogin) -> None:
        super().__init__()
        self.login = login


def host() -> str:
    """The host of the provider, as people know it; empty where there is none."""
    return urlsplit(admitting.provider().issuer).netloc if settings.OPENID else ""


def start(request: HttpRequest, next_: str) -> HttpResponse:
    """Send the browser to the provider. Raises `Refused` when that cannot be asked where to."""
    nonce = secrets.token_urlsafe(32)
    protocol = _Protocol(request)
    try:
        with _few_at_once():
            answer: HttpResponse = protocol.get_provider().redirect(
                request, AuthProcess.LOGIN, next_url=next_, nonce=nonce, auth_params={"nonce": nonce}
            )
    except (OAuth2Error, requests.RequestException, addresses.NotAllowed, KeyError, ValueError) as error:
        log.warning("The OpenID provider could not be asked: %s", type(error).__name__)
        raise admitting.Refused("The provider could not be reached. Try again in a moment.") from None
    request.session.set_expiry(_WAY_LASTS_SECONDS)
    return answer


def complete(request: HttpRequest) -> admitting.Proved:
    """Take the provider's answer that the browser brought along. Raises `Refused`."""
    try:
        with _few_at_once():
            OAuth2CallbackView.adapter_view(_Protocol(request))(request)
    except _Done as done:
        return _proved(done.login)
    except (addresses.NotAllowed, jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as error:
        log.warning("The OpenID provider's answer was refused: %s", type(error).__name__)
    raise admitting.Refused(_NOT_TRUSTED)


@contextmanager
def _few_at_once() -> Iterator[None]:
    """Raises `Refused` at once where as many as may be ask the provider already; a state that was sent stays good."""
    if not _asking.acquire(blocking=False):
        raise admitting.Refused("Many people are being signed in just now. Try again in a moment.", was_asked=False)
    try:
        yield
    finally:
        _asking.release()


def _proved(login: SocialLogin) -> admitting.Proved:
    claims = login.claims
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), str(login.state.get("nonce")).encode()):
        log.warning("The OpenID provider's answer was refused: its nonce is not the one that was sent")
        raise admitting.Refused(_NOT_TRUSTED)
    named = claims.get(admitting.provider().groups_claim)
    groups = named if isinstance(named, list) else [named]
    known = login.user if isinstance(login.user, User) and login.user.pk else None
    return admitting.Proved(
        user=known,
        subject=login.account.uid,
        name=name if (name := str(claims.get("preferred_username", ""))).isprintable() else "",
        groups=frozenset(group for group in groups if isinstance(group, str)),
        next=str(login.state.get("next") or ""),
    )


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's hooks: how it asks the provider, and where its own sign-in is left."""

    def get_requests_session(self) -> requests.Session:
        """A session that goes where Jira's may go, follows no redirect, and waits and reads only so long."""
        session = exchange.new_session(settings.ALLOW_PRIVATE_UPSTREAM)
        session.request = partial(_ask, session.request)  # type: ignore[method-assign]
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        raise _Done(sociallogin)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        if error == AuthError.CANCELLED:
            raise admitting.Refused("The provider says that the sign-in was cancelled. Nobody was signed in.")
        log.warning("The OpenID provider's answer was refused: %s", type(exception).__name__ if exception else error)
        raise admitting.Refused(_NOT_TRUSTED, was_asked="state" in (extra_context or {}))


def _ask(send: Any, method: str, url: str, **options: Any) -> requests.Response:
    addresses.check_url(url, allow_private=settings.ALLOW_PRIVATE_UPSTREAM)
    timeout = (exchange.CONNECT_SECONDS, WHOLE_SECONDS)
    with deadline.within(WHOLE_SECONDS):
        answer: requests.Response = send(
            method, url, **{**options, "timeout": timeout, "allow_redirects": False, "stream": True}
        )
        answer._content = _body(answer)
    return answer


def _body(answer: requests.Response) -> bytes:
    """The body, within the limit of size."""
    read = b""
    for part in answer.iter_content(16 * 1024):
        read += part
        if len(read) > LARGEST_ANSWER:
            raise requests.RequestException("the answer is larger than 1 MiB")
    return read


class _Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of the settings."""

    def get_oauth2_adapter(self, request: HttpRequest) -> "_Protocol":
        return _Protocol(request)

    def get_scope(self) -> list[str]:
        supported = _Protocol(self.request).openid_config.get("scopes_supported", [])
        return ["openid", "profile", *(["groups"] if "groups" in supported else [])]


class _Protocol(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The code flow with the provider of the settings, with everything checked that its answers promise."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, admitting.provider().issuer)

    def get_provider(self) -> _Provider:
        known = admitting.provider()
        app = SocialApp(
            provider="openid_connect",
            provider_id=known.issuer,
            name="OpenID",
            client_id=known.client_id,
            secret=known.client_secret,
            settings={"server_url": known.issuer, "oauth_pkce_enabled": True},
        )
        return _Provider(self.request, app=app)

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, read once for each request to us."""
        found: dict[str, Any] | None = getattr(self.request, "_openid_config", None)
        if found is None:
            found = self._read(f"{admitting.provider().issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != admitting.provider().issuer:
                raise OAuth2Error("the provider says that it is another")
            self.request._openid_config = found
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("login-oidc-callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Who the ID token names. Raises `jwt.PyJWTError` or `OAuth2Error` for one that is not to be believed."""
        claims = self._claims(str(kwargs["response"].get("id_token", "")))
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 191 or not subject.isprintable():
            raise OAuth2Error("the subject cannot be kept")
        if admitting.provider().groups_claim not in claims and "userinfo_endpoint" in self.openid_config:
            claims = {**self._userinfo(token.token, subject), **claims}
        account = SocialAccount(provider=admitting.provider().issuer, uid=subject)
        login = SocialLogin(user=User(), account=account, provider=self.get_provider())
        login.claims = claims
        return login

    def _claims(self, id_token: str) -> dict[str, Any]:
        key_id = jwt.get_unverified_header(id_token).get("kid")
        keys = jwt.PyJWKSet.from_dict(self._read(self.openid_config["jwks_uri"])).keys
        fit = [key for key in keys if key.key_type != "oct" and key_id in (None, key.key_id)]
        if not fit:
            raise OAuth2Error("the key is not among the provider's")
        claims: dict[str, Any] = jwt.decode(
            id_token,
            fit[0],
            algorithms=_ALGORITHMS,
            audience=admitting.provider().client_id,
            issuer=self.openid_config["issuer"],
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        if claims.get("azp", admitting.provider().client_id) != admitting.provider().client_id:
            raise OAuth2Error("the token is for somebody else")
        return claims

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """What is said there of the same person. OpenID Connect Core 5.3.2: of another it must not be used."""
        found = self._read(self.openid_config["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"})
        return found if found.get("sub") == subject else {}

    def _read(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        with Adapter().get_requests_session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error("the provider's answer is no object")
        return found
