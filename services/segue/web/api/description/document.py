"""The whole description, put together."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor

from segue.v1 import catalog_service_pb2
from segue.web.api.description import listening_test, media, page, saved_playlists
from segue.web.api.description.comments import Comments
from segue.web.api.description.schemas import Schema, Schemas, held_by
from segue.web.api.endpoints import EXPORT, INTERACTIONS, UNARY, Endpoint
from segue.web.api.requests import LONGEST_QUERY_TEXT
from segue.web.callers import Role

_REASONS = {
    "400": "The request cannot succeed as it is.",
    "401": "What was shown to be known by does not hold.",
    "403": "The caller may not do this.",
    "404": "What is named does not exist.",
    "409": "It is not as the caller read it, or cannot be done as things are.",
    "413": "There are too many bytes.",
    "415": "The body is of another type.",
    "416": "There are no such bytes.",
    "429": "Too much is asked for at once; Retry-After says when to ask again.",
    "503": "A part that is needed does not answer now.",
    "504": "There was no time left.",
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["reason", "message", "next_step"],
            "properties": {
                "reason": {
                    "type": "string",
                    "pattern": "^[A-Z0-9_]+$",
                    "description": "Stable: programs go by it.",
                },
                "message": {"type": "string", "description": "One sentence for a person."},
                "next_step": {"type": "string", "description": "What the caller can do."},
            },
        }
    },
}
_ABOUT = (
    "The gRPC API as JSON. Names of fields are those of the protos; what is empty or zero is left "
    "out, but for the fields of an answer itself. Numbers of 64 bits are texts in answers. What is "
    "not understood is refused by its name; null says nothing.\n\n"
    "Guests may search. Listeners, who have an account, hear and keep playlists too; the rest is "
    "for the owner. Each shows a token (that of the owner, or the API key of an account), or has a "
    "session of the page. A request with a session that changes something also carries "
    "`X-Segue-Page: 1`."
)

_PARAMETER = re.compile(r"{(\w+)}")
_SECURITY: dict[Role, list[dict[str, list[str]]]] = {
    Role.GUEST: [{}, {"token": []}, {"session": []}],
    Role.LISTENER: [{"token": []}, {"session": []}],
    Role.OWNER: [{"token": []}, {"session": []}],
}
_OF_OWNER = ("jobs/{job_id}/events",)


def document(files: descriptor_pb2.FileDescriptorSet) -> dict[str, Any]:
    """The description as OpenAPI 3.1 has it.

    Parameters
    ----------
    files
        The protos with their comments (``protoc --include_source_info``).
    """
    comments = Comments(files)
    schemas = Schemas(comments)
    asked: list[Any] = []
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in (*UNARY, EXPORT, INTERACTIONS):
        operation = _call(endpoint, comments, schemas, asked)
        paths.setdefault(f"/{endpoint.path}", {})[endpoint.method.lower()] = operation
    paths["/uploads"] = {"post": _upload(comments, schemas)}
    for (method, path), described in media.OPERATIONS.items():
        least = Role.OWNER if path in _OF_OWNER else Role.GUEST
        least = Role.LISTENER if path.startswith("tracks/") else least
        paths.setdefault(f"/{path}", {})[method.lower()] = _by_hand(path, described, least, "Media")
    for (method, path), described in saved_playlists.OPERATIONS.items():
        operation = _by_hand(path, described, Role.LISTENER, "SavedPlaylists")
        paths.setdefault(f"/{path}", {})[method.lower()] = operation
    for (method, path), described in listening_test.OPERATIONS.items():
        operation = _by_hand(path, described, Role.LISTENER, "ListeningTest")
        paths.setdefault(f"/{path}", {})[method.lower()] = operation
    for (method, path), described in page.OPERATIONS.items():
        operation = _by_hand(path, described, Role.GUEST, "Page")
        paths.setdefault(f"/{path}", {})[method.lower()] = operation
    schemas.close(held_by(asked))
    schemas.made |= {
        "Error": _ERROR,
        "Waveform": media.WAVEFORM,
        "Map": media.MAP,
        "Clip": media.CLIP,
    }
    schemas.made |= saved_playlists.SCHEMAS | listening_test.SCHEMAS | page.SCHEMAS
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Segue",
            "version": "1",
            "summary": "Music that sounds alike.",
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "v1", "description": "Beside this document."}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.made.items())),
            "responses": _refusals(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "segue-",
                    "description": "Set by signing in; what follows in its name is the stack's.",
                },
            },
        },
    }


def _call(
    endpoint: Endpoint, comments: Comments, schemas: Schemas, asked: list[Any]
) -> dict[str, Any]:
    method = endpoint.descriptor
    comment = comments.of(method.full_name)
    operation: dict[str, Any] = {
        "operationId": endpoint.rpc[0].lower() + endpoint.rpc[1:] + _suffix(endpoint),
        "summary": _first_sentence(comment) or _spaced(endpoint.rpc),
        "tags": [endpoint.service],
        "security": _SECURITY[endpoint.least],
    }
    if comment:
        operation["description"] = comment
    parameters = [
        _path_parameter(name, schemas.field(method.input_type.fields_by_name[name]))
        for name in endpoint.in_path
    ]
    if endpoint.has_body:
        schema = (
            {**schemas.message(method.input_type, without=endpoint.in_path)}
            if endpoint.in_path
            else schemas.reference(method.input_type)
        )
        if "$ref" not in schema:
            schema["additionalProperties"] = False
        asked.append(schema)
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    else:
        for field in method.input_type.fields:
            if field.name not in endpoint.in_path:
                parameters.append(_query_parameter(field, schemas))
                asked.append(parameters[-1])
    if parameters:
        operation["parameters"] = parameters
    if endpoint is EXPORT:
        operation["responses"] = {**media.PLAYLIST_FILE, **_refused()}
    else:
        operation["responses"] = {**_answered(schemas.answer(method.output_type)), **_refused()}
    return operation


def _upload(comments: Comments, schemas: Schemas) -> dict[str, Any]:
    header = catalog_service_pb2.UploadHeader.DESCRIPTOR
    answered = catalog_service_pb2.UploadTrackResponse.DESCRIPTOR
    comment = comments.of("segue.v1.CatalogService.UploadTrack")
    errors = comment.rpartition("Errors:")[2].strip()
    return {
        "operationId": "uploadTrack",
        "summary": "Upload one track.",
        "description": f"The body is the file.\n\nErrors: {errors}",
        "tags": ["CatalogService"],
        "security": _SECURITY[Role.OWNER],
        "parameters": [
            media.FILE_NAME,
            *(
                _query_parameter(field, schemas)
                for field in header.fields
                if field.name != "file_name"
            ),
        ],
        "requestBody": media.OCTETS,
        "responses": {**_answered(schemas.answer(answered)), **_refused()},
    }


def _by_hand(path: str, described: dict[str, Any], least: Role, tag: str) -> dict[str, Any]:
    named = [
        _path_parameter(name, {"type": "string", "minLength": 1})
        for name in _PARAMETER.findall(path)
    ]
    parameters = [*named, *described.get("parameters", ())]
    operation = {
        **described,
        "tags": [tag],
        "security": _SECURITY[least],
        "responses": {**described["responses"], **_refused()},
    }
    return {**operation, "parameters": parameters} if parameters else operation


def _path_parameter(name: str, schema: Schema) -> dict[str, Any]:
    described = schema.get("description", "")
    plain = {key: value for key, value in schema.items() if key != "description"}
    parameter = {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {**plain, "minLength": 1},
    }
    return {**parameter, "description": described} if described else parameter


def _query_parameter(field: Any, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.field(field)
    parameter: dict[str, Any] = {"name": field.name, "in": "query"}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        text = {
            "type": "string",
            "maxLength": LONGEST_QUERY_TEXT,
            "contentMediaType": "application/json",
            "contentSchema": schema,
        }
        return {**parameter, "schema": text}
    if field.is_repeated:
        return {**parameter, "schema": schema, "style": "form", "explode": False}
    return {**parameter, "schema": schema}


def _answered(schema: Schema) -> dict[str, Any]:
    return {
        "200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}}
    }


def _refusals() -> dict[str, Any]:
    refused = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {f"Refused{status}": {"description": why, **refused} for status, why in _REASONS.items()}


def _refused() -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/Refused{status}"} for status in _REASONS}


def _suffix(endpoint: Endpoint) -> str:
    """What tells two addresses of one RPC apart."""
    return "By" + endpoint.method.capitalize() if endpoint.rpc == "ListTracks" else ""


def _first_sentence(comment: str) -> str:
    first = comment.split("\n\n")[0]
    return (
        ""
        if first.startswith(("Errors:", "Owner only"))
        else first.split(". ")[0].rstrip(".") + "."
    )


def _spaced(name: str) -> str:
    words = re.findall("[A-Z][a-z]+", name)
    return " ".join([words[0], *(word.lower() for word in words[1:])]) + "."
