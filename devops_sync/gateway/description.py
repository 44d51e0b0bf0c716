"""The description of the inbound API: for machines at /openapi.json, for people at /api/. Both are for anybody."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .. import __version__, openapi
from ..jira import paths
from . import answers
from .machine import machine

_SHOWN = ("deployments", "builds", "devinfo")


@machine
@require_safe
def machine_readable(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1."""
    return answers.raw_json(_encoded())


@login_not_required
@require_safe
def readable(request: HttpRequest) -> HttpResponse:
    """The same, as a page."""
    return render(request, "api.html", {"apis": _apis(), "version": __version__})


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(openapi.document())


@cache
def _apis() -> list[dict[str, Any]]:
    """Each API with its addresses, its operations below them, and the fields of what it takes."""
    found = openapi.document()
    schemas = found["components"]["schemas"]
    return [
        {
            "name": found["paths"][f"{paths.on_site(api)}/bulk"]["post"]["tags"][0],
            "bases": [paths.on_gateway(api, "CLOUD-ID"), f"/s/SITE{paths.on_site(api)}", paths.on_site(api)],
            "operations": list(_operations(found["paths"], paths.on_site(api))),
            "models": [
                {"name": name.partition(".")[2], "fields": list(_fields(schema))}
                for name, schema in schemas.items()
                if name.startswith(f"{api}.") and name != f"{api}.Refusals"
            ],
        }
        for api in _SHOWN
    ]


def _operations(found: Mapping[str, Any], base: str) -> Iterator[dict[str, Any]]:
    for path, operations in found.items():
        if path.startswith(base):
            for method, operation in operations.items():
                yield {
                    "method": method.upper(),
                    "path": path.removeprefix(base),
                    "summary": operation["summary"],
                    "answers": ", ".join(operation["responses"]),
                }


def _fields(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, field in schema.get("properties", {}).items():
        yield {"name": name, "is_required": name in schema.get("required", ()), "says": _says(field)}


def _says(field: Mapping[str, Any]) -> str:
    """What a field takes, in a line."""
    if "$ref" in field:
        return str(field["$ref"].rpartition(".")[2].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(_says(each) for each in field["anyOf"] if each.get("type") != "null")
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    kind = str(field.get("type", "anything"))
    if kind == "array":
        most, least = field.get("maxItems"), field.get("minItems")
        count = f"{least or 0} to {most} × " if most else ("at least one " if least else "any number of ")
        return f"{count}{_says(field['items'])}"
    if kind == "string" and field.get("format") == "date-time":
        return "date and time with a time zone"
    names = {"string": "text", "integer": "whole number", "object": "object", "boolean": "true or false"}
    longest = f" of at most {field['maxLength']} characters" if "maxLength" in field else ""
    return names.get(kind, kind) + longest
