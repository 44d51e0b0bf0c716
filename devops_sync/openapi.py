"""The inbound API in words for machines: OpenAPI 3.1, from the same wire models by which bodies are checked."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from . import __version__
from .jira import paths, wire

Json = dict[str, Any]

_WORDS = {"deployments": "deployments", "builds": "builds", "devinfo": "development information"}
_ARRAYS = {"deployments": "deployments", "builds": "builds", "devinfo": "repositories"}
_LONGEST_IN_PATH = {"deployments": 255, "builds": 255, "devinfo": 1024}
_KEYS: Mapping[str, tuple[str, ...]] = {
    "deployment": ("pipelineId", "environmentId", "deploymentSequenceNumber"),
    "build": ("pipelineId", "buildNumber"),
    "repository": ("repositoryId",),
    "commit": ("repositoryId", "entityId"),
    "branch": ("repositoryId", "entityId"),
    "pull_request": ("repositoryId", "entityId"),
}
_ONE_BY_ITSELF = ("deployment", "build", "repository")

_TEXT: Json = {"type": "string"}
_INT64: Json = {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1}
_UNTIL: Json = {
    "name": "_updateSequenceId",
    "in": "query",
    "description": "Only what has at most this sequence counts.",
    "schema": _INT64,
}
_SENT: Mapping[str, str] = {
    "202": "Taken: what is in the answer's accepted part is on record.",
    "200": "What the ledger holds.",
    "400": "The request as a whole is refused; the message says why.",
    "401": "There is no token, or it is not known, expired or revoked.",
    "403": "The token belongs to another site or lacks the scope.",
    "404": "There is nothing under this key, or no such site.",
    "413": "The body is larger than Waybill takes.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "The token has used up its minute, or Jira asks for a pause: Retry-After says how many seconds to wait.",
    "503": "Waybill cannot take the request now.",
}


def document() -> Json:
    """The whole description."""
    schemas: Json = {}
    for api in _WORDS:
        schemas |= _schemas(api)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Waybill",
            "version": __version__,
            "description": "Jira Cloud's deployments, builds and development information APIs, as Waybill takes them:"
            " every path under the gateway's address, under a site's name, and bare where there is one site.",
        },
        "paths": dict(_paths()),
        "components": {
            "schemas": schemas | _shared(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def _bases(api: str) -> Iterator[tuple[str, str, list[Json]]]:
    """The families of paths: a word for ids, the base, and its parameters."""
    yield "cloud", f"/jira/{api}/{paths.GATEWAY_VERSIONS[api]}/cloud/{{cloudId}}", [_in_path("cloudId", 100)]
    yield "site", f"/s/{{site}}{paths.on_site(api)}", [_in_path("site", 60)]
    yield "only", paths.on_site(api), []


def _paths() -> Iterator[tuple[str, Json]]:
    for api, words in _WORDS.items():
        for family, base, around in _bases(api):
            for path, operations in _operations(api).items():
                yield (
                    f"{base}{path}",
                    {
                        method: {**operation, "operationId": f"{operation['operationId']}-{family}", "tags": [words]}
                        | {"parameters": around + operation.get("parameters", [])}
                        for method, operation in operations.items()
                    },
                )
    yield from _around().items()


def _operations(api: str) -> dict[str, dict[str, Json]]:
    """What can be done below an API's base, by path and method."""
    words = _WORDS[api]
    found: dict[str, dict[str, Json]] = {
        "/bulk": {"post": _submission(api)},
        "/bulkByProperties": {
            "delete": {
                "operationId": f"{api}-delete-by-properties",
                "summary": f"Delete all {words} that have every one of these properties",
                "parameters": _by_properties(api),
                "responses": _answers(api, {"202": None}, "400", "401", "403", "404", "429", "503"),
            }
        },
    }
    if api == "devinfo":
        found["/existsByProperties"] = {
            "get": {
                "operationId": "devinfo-exists-by-properties",
                "summary": "Whether anything has every one of these properties",
                "parameters": _by_properties(api),
                "responses": _answers(api, {"200": _ref("Exists")}, "400", "401", "403", "404", "429", "503"),
            }
        }
    for kind in (kind for kind in wire.KINDS.values() if kind.api == api):
        found[_path_of(kind.name)] = dict(_by_key(kind))
    if api == "deployments":
        found[f"{_path_of('deployment')}/gating-status"] = {
            "get": {
                "operationId": "deployments-gating-status",
                "summary": "Whether Jira lets a gated deployment go on, in its own words",
                "parameters": _key("deployment"),
                "responses": _answers(
                    api, {"200": {"type": "object"}}, "400", "401", "403", "404", "429", "500", "502", "503", "504"
                ),
            }
        }
    return found


def _path_of(kind: str) -> str:
    names = iter(_KEYS[kind])
    return "/" + "/".join(word if word is not None else f"{{{next(names)}}}" for word in paths.ENTITIES[kind])


def _by_key(kind: wire.Kind) -> Iterator[tuple[str, Json]]:
    word = kind.name.replace("_", " ")
    if kind.name in _ONE_BY_ITSELF:
        answer = _answers(kind.api, {"200": {"type": "object"}}, "401", "403", "404", "429", "503")
        answer["200"]["headers"] = {"Waybill-State": _header("pending, accepted or rejected")}
        answer["404"]["headers"] = {"Waybill-State": _header("deleted, where there was something once")}
        yield (
            "get",
            {
                "operationId": f"{kind.name}-get",
                "summary": f"Read a {word} as the ledger holds it",
                "parameters": _key(kind.name),
                "responses": answer,
            },
        )
    yield (
        "delete",
        {
            "operationId": f"{kind.name}-delete",
            "summary": f"Delete a {word}; also answered so when there is none",
            "parameters": _key(kind.name) + _ignored(kind.api),
            "responses": _answers(kind.api, {"202": None}, "400", "401", "403", "404", "429", "503"),
        },
    )


def _submission(api: str) -> Json:
    answers = _answers(api, {"202": _ref(f"{api}.Receipt")}, "400", "401", "403", "404", "413", "422", "429", "503")
    answers["202"]["headers"] = {
        "Waybill-Submission": _header("The address of the submission's page."),
        "Preference-Applied": _header("wait=N: the body is what Jira said."),
        "Idempotent-Replayed": _header("true: the answer to an earlier request with this key."),
    }
    return {
        "operationId": f"{api}-submit",
        "summary": f"Submit {_WORDS[api]}",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A repeat with the same key gets the first answer.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            },
            {
                "name": "Prefer",
                "in": "header",
                "description": "wait=N holds the answer for up to N seconds, 30 at most, until Jira has spoken.",
                "schema": {"type": "string", "pattern": "^wait=(30|[12]?[0-9])$"},
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(f"{api}.Submission")}}},
        "responses": answers,
    }


def _by_properties(api: str) -> list[Json]:
    properties = {
        "name": "properties",
        "in": "query",
        "required": True,
        "style": "form",
        "explode": True,
        "description": "Pairs of property and value; all have to hold.",
        "schema": {"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
    }
    return [properties, *_ignored(api)]


def _ignored(api: str) -> list[Json]:
    if api == "devinfo":
        return [_UNTIL]
    text = "Taken and ignored, as in Jira."
    return [{"name": "_updateSequenceNumber", "in": "query", "deprecated": True, "description": text, "schema": _INT64}]


def _key(kind: str) -> list[Json]:
    longest = _LONGEST_IN_PATH[wire.KINDS[kind].api]
    return [
        {"name": name, "in": "path", "required": True, "schema": _INT64}
        if name.endswith("Number")
        else _in_path(name, longest)
        for name in _KEYS[kind]
    ]


def _in_path(name: str, longest: int) -> Json:
    schema = {"type": "string", "minLength": 1, "maxLength": longest}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _answers(api: str, good: Mapping[str, Json | None], *bad: str) -> Json:
    found: Json = {}
    for status, schema in good.items():
        found[status] = {"description": _SENT[status]}
        if schema is not None:
            found[status]["content"] = {"application/json": {"schema": schema}}
    for status in bad:
        shape = "Unauthorized" if status in ("401", "403") else "Refusals" if api != "devinfo" else "devinfo.Refusals"
        text = _SENT.get(status, "What Jira answered.")
        found[status] = {"description": text, "content": {"application/json": {"schema": _ref(shape)}}}
        if status == "429":
            found[status]["headers"] = {"Retry-After": _header("Seconds until the next request may come.")}
    return found


def _header(text: str) -> Json:
    return {"description": text, "schema": _TEXT}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(items: Json, **limits: int) -> Json:
    return {"type": "array", "items": items, **limits}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _schemas(api: str) -> Json:
    """The wire models of an API, its submission and its receipt, under names of their own."""
    kinds = [kind for kind in wire.KINDS.values() if kind.api == api]
    template = f"#/components/schemas/{api}.{{name}}"
    _, found = msgspec.json.schema_components([kind.model for kind in kinds], ref_template=template)
    schemas = {f"{api}.{name}": schema for name, schema in found.items()}
    values = schemas[f"{api}.Association"]["properties"]["values"]
    values |= {"minItems": 1, "maxItems": 500, "description": "Ids or keys; of commits and repositories objects."}
    for kind in kinds:
        if kind.array:
            inside = schemas["devinfo.Repository"]["properties"]
            inside[kind.array] = _array(_ref(f"devinfo.{kind.model.__name__}"), maxItems=wire.MAX_OF_A_TYPE)
    array = _ARRAYS[api]
    limits = {"minItems": 1} | ({"maxItems": wire.MAX_REPOSITORIES} if api == "devinfo" else {})
    submission = _object(**{array: _array(_ref(f"{api}.{kinds[0].model.__name__}"), **limits)})
    submission["properties"] |= {
        "properties": _ref("Properties"),
        "providerMetadata": {"type": "object", "properties": {"product": _TEXT}},
        "preventTransitions": {"type": "boolean"},
        "operationType": {"enum": ["NORMAL", "BACKFILL"]},
    }
    return {**schemas, f"{api}.Submission": submission, f"{api}.Receipt": _receipt(api)}


def _receipt(api: str) -> Json:
    unknown = {"unknownIssueKeys": _array(_TEXT), "unknownAssociations": _array(_ref("Unknown"))}
    if api == "devinfo":
        names = list(wire.ARRAYS.values())
        failure = _object(id=_TEXT, errorMessages=_array(_ref("Refusal")))
        failed: Json = {"type": "object", "properties": {"errorMessages": _array(_ref("Refusal"))}}
        failed["properties"] |= {name: _array(failure) for name in names}
        accepted = _object(**{name: _array(_TEXT) for name in names})
        return _object(
            acceptedDevinfoEntities={"type": "object", "additionalProperties": accepted},
            failedDevinfoEntities={"type": "object", "additionalProperties": failed},
            **unknown,
        )
    kind = "deployment" if api == "deployments" else "build"
    key = {name: _INT64 if name.endswith("Number") else _TEXT for name in _KEYS[kind]}
    rejected = _object(key={"type": "object", "properties": key}, errors=_array(_ref("Refusal")))
    name = api.capitalize()
    return _object(**{f"accepted{name}": _array(_object(**key)), f"rejected{name}": _array(rejected)}, **unknown)


def _shared() -> Json:
    refusal = _object(message=_TEXT)
    refusal["properties"]["errorTraceId"] = _TEXT
    return {
        "Refusal": refusal,
        "Refusals": _array(_ref("Refusal"), minItems=1),
        "devinfo.Refusals": _object(errorMessages=_array(_ref("Refusal"), minItems=1)),
        "Unauthorized": _object(code={"type": "integer"}, message=_TEXT),
        "Unknown": _object(associationType=_TEXT, values=_array({})),
        "Exists": _object(hasDataMatchingProperties={"type": "boolean"}),
        "Properties": {
            "type": "object",
            "maxProperties": 5,
            "propertyNames": {"maxLength": 255, "pattern": "^[^_:][^:]*$"},
            "additionalProperties": {"anyOf": [{"type": "string", "maxLength": 255}, {"type": "number"}]},
        },
        "Denied": _object(error=_TEXT, error_description=_TEXT),
        "Credentials": _object(grant_type={"const": "client_credentials"}, client_id=_TEXT, client_secret=_TEXT),
        "Token": _object(
            access_token=_TEXT, expires_in={"type": "integer"}, token_type={"const": "Bearer"}, scope=_TEXT
        ),
        "Tenant": _object(cloudId=_TEXT),
    }


def _around() -> dict[str, Json]:
    """What stands around the APIs, for anybody."""
    tenant = {
        "summary": "The cloud id of a site",
        "tags": ["signing in"],
        "security": [],
        "responses": _answers("", {"200": _ref("Tenant")}, "404", "503"),
    }
    denied = {"application/json": {"schema": {"anyOf": [_ref("Denied"), _ref("Refusals")]}}}
    body = {"schema": _ref("Credentials")}
    token = {
        "operationId": "token",
        "summary": "A bearer token for a quarter of an hour",
        "tags": ["signing in"],
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": body, "application/x-www-form-urlencoded": body},
        },
        "responses": _answers("", {"200": _ref("Token")}, "413", "503")
        | {
            "400": {"description": "The grant is another than client_credentials.", "content": denied},
            "401": {"description": "The credentials are not known.", "content": denied},
        },
    }
    return {
        "/oauth/token": {"post": token},
        "/_edge/tenant_info": {"get": {**tenant, "operationId": "tenant"}},
        "/s/{site}/_edge/tenant_info": {
            "get": {**tenant, "operationId": "tenant-of-site", "parameters": [_in_path("site", 60)]}
        },
    }
