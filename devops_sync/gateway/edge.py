"""What stands around the APIs: the cloud id, the tokens, and the health of this process."""

import datetime as dt

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from ..models import Site
from ..models.due import oldest_due
from . import answers, senders
from .machine import Refuse, body_of, for_sender, machine

_LATE = dt.timedelta(minutes=5)
_LARGEST_ASKING = 16 * 1024  # Bytes of a request for a token.


@machine
def tenant_info(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Jira's unauthenticated answer to "which cloud id has this site?"."""
    site = senders.site_of(slug=slug)
    if site is None and slug is None and Site.objects.connected().exists():
        raise Refuse(
            404, "There is more than one site here: put /s/<slug> before the path, with the site's short name."
        )
    if site is None:
        raise Refuse(404, "There is no site with this name." if slug is not None else "No site is connected yet.")
    return answers.as_json({"cloudId": site.cloud_id})


@machine
def token(request: HttpRequest) -> HttpResponse:
    """OAuth 2.0 client credentials, as at Atlassian's gateway; `audience` is taken and ignored."""
    if request.method != "POST":
        raise Refuse(405, "This path takes POST only.")
    asked = _asked_for(request)
    if asked.get("grant_type") != "client_credentials":
        return _no("unsupported_grant_type", "grant_type must be client_credentials", 400)
    now = timezone.now()
    found = senders.client_of(asked.get("client_id"), asked.get("client_secret"), now)
    if found is None:
        return _no("access_denied", "Unauthorized", 401)
    answer = answers.as_json(
        {
            "access_token": senders.access_token(found),
            "expires_in": found.seconds(now),
            "token_type": "Bearer",
            "scope": " ".join(f"{scope}:deployment-info:jira" for scope in found.token.scopes),
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _asked_for(request: HttpRequest) -> dict[str, object]:
    """The fields of the request, from JSON or, as an old client sends them, from a form."""
    body = body_of(request, _LARGEST_ASKING)
    if body is None:
        raise Refuse(413, "The request body is larger than Waybill takes.")
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return dict(QueryDict(body).items())
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SuspiciousOperation):
        return {}


def _no(error: str, description: str, status: int) -> HttpResponse:
    return answers.as_json({"error": error, "error_description": description}, status)


@for_sender("read", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def nowhere(*_: object, **__: object) -> HttpResponse:
    """Any other path below the APIs."""
    raise Refuse(404, "There is no such path in the APIs that Waybill speaks.")


@machine
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers."""
    return answers.as_json({"status": "ok"})


@machine
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process can do its work: database, migrations, and how old the oldest due work is."""
    try:
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if pending:
            return answers.as_json({"status": "migrations are missing"}, 503)
        late = oldest_due(timezone.now())
    except OperationalError:
        return answers.as_json({"status": "the database cannot be reached"}, 503)
    seconds = late.total_seconds() if late else 0.0
    status = "ok" if late is None or late < _LATE else "work that is due has waited for more than 5 minutes"
    return answers.as_json({"status": status, "oldest_due_seconds": round(seconds, 1)}, 200 if status == "ok" else 503)
