"""What the environment says, read once at the start. A wrong value stops the start with one sentence.

Every variable is named in `docs/settings.md`; `make check` fails when one is missing there.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from . import digits

ATLASSIAN_API_URL = "https://api.atlassian.com"
BROKERS = ("amqp", "amqps", "redis", "rediss", "sentinel", "sqs", "memory", "filesystem")
VARIABLES = (
    "ALLOWED_HOSTS",
    "CELERY_BROKER_URL",
    "DATABASE_URL",
    "DEBUG",
    "PORT",
    "SECRET_KEY",
    "WAYBILL_ALLOW_PRIVATE_UPSTREAM",
    "WAYBILL_DATA",
    "WAYBILL_ENCRYPTION_KEYS",
    "WAYBILL_HTTPS",
    "WAYBILL_JIRA_API_URL",
    "WAYBILL_METRICS_TOKEN",
    "WAYBILL_OIDC_CLIENT_ID",
    "WAYBILL_OIDC_CLIENT_SECRET",
    "WAYBILL_OIDC_GROUPS",
    "WAYBILL_OIDC_GROUPS_CLAIM",
    "WAYBILL_OIDC_ISSUER",
    "WAYBILL_REQUIRE_TWO_FACTOR",
    "WAYBILL_SESSION_HOURS",
    "WAYBILL_SITE_SECRET",
)
_ROLES = ("viewer", "release-manager", "auditor", "admin")
_MOST_SESSION_HOURS = 24 * 365


class Wrong(Exception):
    """A variable has a value that Waybill cannot start with. The text names it and the mend."""


@dataclass(frozen=True)
class GroupRole:
    """What a group of the OpenID provider gives: a role, on one site, or on all where the slug is empty."""

    group: str
    role: str
    site_slug: str


@dataclass(frozen=True, repr=False)
class OpenID:
    """The OpenID provider that people may sign in through. It holds a secret: no `repr`."""

    issuer: str
    client_id: str
    client_secret: str
    groups: tuple[GroupRole, ...]
    groups_claim: str


@dataclass(frozen=True, repr=False)
class Environment:
    """The environment after reading: every value usable as it stands. It holds secrets: no `repr`."""

    data: Path
    database: dict[str, object]
    database_is_embedded: bool
    broker_url: str
    broker_is_embedded: bool
    secret_key: str
    encryption_keys: tuple[bytes, ...]
    encryption_keys_are_given: bool
    allowed_hosts: tuple[str, ...]
    port: int
    debug: bool
    https: bool
    jira_api_url: str
    allow_private_upstream: bool
    metrics_token: str
    openid: OpenID | None
    require_two_factor: str
    session_hours: int


def read(environ: Mapping[str, str] = os.environ, *, leaves_no_trace: bool = False) -> Environment:
    """Read every variable. Raises `Wrong` with a sentence that names the variable and the mend.

    `leaves_no_trace`: no secret key is written where none is yet, for those who only look.
    """
    data = Path(environ.get("WAYBILL_DATA") or "var").expanduser().resolve()
    database_url = environ.get("DATABASE_URL", "")
    broker_url = environ.get("CELERY_BROKER_URL", "")
    debug = _flag(environ, "DEBUG")
    secret_key = _secret_key(environ, data, may_generate=debug or not database_url, may_write=not leaves_no_trace)
    return Environment(
        data=data,
        database=_database(database_url) if database_url else embedded_database(data),
        database_is_embedded=not database_url,
        broker_url=_broker_url(broker_url),
        broker_is_embedded=not broker_url or broker_url.startswith("filesystem:"),
        secret_key=secret_key,
        encryption_keys=_encryption_keys(environ, secret_key),
        encryption_keys_are_given=bool(environ.get("WAYBILL_ENCRYPTION_KEYS", "").strip(", ")),
        allowed_hosts=_hosts(environ),
        port=_port(environ),
        debug=debug,
        https=_flag(environ, "WAYBILL_HTTPS"),
        jira_api_url=_base_url(environ, "WAYBILL_JIRA_API_URL", ATLASSIAN_API_URL),
        allow_private_upstream=_flag(environ, "WAYBILL_ALLOW_PRIVATE_UPSTREAM"),
        metrics_token=_metrics_token(environ),
        openid=_openid(environ),
        require_two_factor=_one_of(environ, "WAYBILL_REQUIRE_TWO_FACTOR", ("admins", "everyone")),
        session_hours=_session_hours(environ),
    )


def embedded_database(data: Path) -> dict[str, object]:
    """Django's connection settings for the PostgreSQL that `up` runs below the data directory.

    The server listens on a Unix socket only. `up` notes the socket's folder in `postgres.socket`,
    since a deep data directory does not fit into the 107 bytes of a socket's path.
    """
    note = data / "postgres.socket"
    socket = note.read_text().strip() if note.is_file() else str(data / "postgres")
    # The port is part of the socket's name, and PGPORT of somebody's shell must not change it.
    return {"NAME": "waybill", "USER": "postgres", "HOST": socket, "PORT": "5432"}


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Wrong("DATABASE_URL must begin with postgresql://, since Waybill runs on PostgreSQL alone.")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise Wrong("DATABASE_URL must name a database after the host: postgresql://user@host/waybill.")
    try:
        port = parts.port
    except ValueError:
        raise Wrong("DATABASE_URL has a port that is not a number from 1 to 65535.") from None
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": options,
    }


def _broker_url(url: str) -> str:
    if url and url.split(":", 1)[0] not in BROKERS:
        raise Wrong("CELERY_BROKER_URL must begin with amqp:// for RabbitMQ or redis:// for Redis.")
    # Without a host kombu warns that it takes this one, with every connection.
    return "filesystem://localhost" if url in ("", "filesystem://") else url


def _secret_key(environ: Mapping[str, str], data: Path, *, may_generate: bool, may_write: bool) -> str:
    given = environ.get("SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise Wrong("SECRET_KEY must have at least 32 characters; give a long random one.")
        return given
    if not may_generate:
        raise Wrong("SECRET_KEY must be set when DATABASE_URL is; give a random text of 50 characters.")
    path = data / "secret_key"
    if not may_write and not path.exists():
        return secrets.token_urlsafe(50)
    try:
        data.mkdir(parents=True, exist_ok=True)
        # Written aside and linked into place, so that of two first starts at once both read one key.
        aside = data / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        if not path.exists():
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise Wrong(f"WAYBILL_DATA must be a folder that can be written to: {error.strerror}, {data}.") from None


def _encryption_keys(environ: Mapping[str, str], secret_key: str) -> tuple[bytes, ...]:
    given = [key.strip() for key in environ.get("WAYBILL_ENCRYPTION_KEYS", "").split(",") if key.strip()]
    for key in given:
        try:
            sound = len(base64.urlsafe_b64decode(key)) == 32
        except (binascii.Error, ValueError):
            sound = False
        if not sound:
            raise Wrong("WAYBILL_ENCRYPTION_KEYS must be 32 random bytes in URL-safe base64 each, separated by commas.")
    if given:
        return tuple(key.encode() for key in given)
    derived = hashlib.blake2b(secret_key.encode(), digest_size=32, person=b"waybill-fernet").digest()
    return (base64.urlsafe_b64encode(derived),)


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in environ.get("ALLOWED_HOSTS", "").split(",") if host.strip())
    for host in hosts:
        if "/" in host or " " in host:
            raise Wrong("ALLOWED_HOSTS must be host names separated by commas, without scheme and path.")
    return hosts or ("localhost", "127.0.0.1", "[::1]")


def _port(environ: Mapping[str, str]) -> int:
    given = environ.get("PORT") or "8000"
    if not digits.only(given, 5) or not 0 < int(given) < 65536:
        raise Wrong("PORT must be a number from 1 to 65535.")
    return int(given)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    given = environ.get(name, "").strip().lower()
    if given in ("1", "true", "yes", "on"):
        return True
    if given in ("", "0", "false", "no", "off"):
        return False
    raise Wrong(f"{name} must be 1 or 0.")


def _metrics_token(environ: Mapping[str, str]) -> str:
    given = environ.get("WAYBILL_METRICS_TOKEN", "")
    if given and (len(given) < 20 or not all("!" <= sign <= "~" for sign in given)):
        raise Wrong("WAYBILL_METRICS_TOKEN must be at least 20 letters, digits and signs of ASCII, without spaces.")
    return given


def _base_url(environ: Mapping[str, str], name: str, default: str) -> str:
    given = (environ.get(name) or default).rstrip("/")
    parts = urlsplit(given)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise Wrong(f"{name} must be a web address such as {default}.")
    return given


def _openid(environ: Mapping[str, str]) -> OpenID | None:
    names = [name for name in VARIABLES if name.startswith("WAYBILL_OIDC_")]
    given = {name: environ.get(name, "").strip() for name in names}
    if not any(given.values()):
        return None
    for name in names:
        if not given[name] and name != "WAYBILL_OIDC_GROUPS_CLAIM":
            raise Wrong(f"{name} must be set, too, when {next(name for name in names if given[name])} is.")
    return OpenID(
        issuer=_issuer(environ, given["WAYBILL_OIDC_ISSUER"]),
        client_id=given["WAYBILL_OIDC_CLIENT_ID"],
        client_secret=given["WAYBILL_OIDC_CLIENT_SECRET"],
        groups=tuple(_group_role(part.strip()) for part in given["WAYBILL_OIDC_GROUPS"].split(",") if part.strip()),
        groups_claim=given["WAYBILL_OIDC_GROUPS_CLAIM"] or "groups",
    )


def _issuer(environ: Mapping[str, str], given: str) -> str:
    issuer = _base_url(environ, "WAYBILL_OIDC_ISSUER", given)
    if len(issuer) > 200:
        raise Wrong("WAYBILL_OIDC_ISSUER must have 200 characters at most.")
    if not issuer.startswith("https:") and not _flag(environ, "WAYBILL_ALLOW_PRIVATE_UPSTREAM"):
        raise Wrong("WAYBILL_OIDC_ISSUER must begin with https://, unless WAYBILL_ALLOW_PRIVATE_UPSTREAM is 1.")
    return issuer


def _group_role(given: str) -> GroupRole:
    group, _, rest = given.rpartition("=")
    role, _, slug = rest.strip().partition(":")
    if not group.strip() or role not in _ROLES:
        raise Wrong(
            "WAYBILL_OIDC_GROUPS must be group=role or group=role:site, separated by commas, "
            f"with one of {', '.join(_ROLES)} for the role."
        )
    return GroupRole(group.strip(), role, slug.strip())


def _one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    given = environ.get(name, "").strip().lower()
    if given and given not in allowed:
        raise Wrong(f"{name} must be {' or '.join(allowed)}, or empty.")
    return given


def _session_hours(environ: Mapping[str, str]) -> int:
    given = environ.get("WAYBILL_SESSION_HOURS", "").strip() or "24"
    if not digits.only(given, 5) or not 0 < int(given) <= _MOST_SESSION_HOURS:
        raise Wrong(f"WAYBILL_SESSION_HOURS must be a whole number from 1 to {_MOST_SESSION_HOURS}.")
    return int(given)
