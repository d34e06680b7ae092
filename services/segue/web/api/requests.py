"""What a request of the HTTP API says: its path, its query, its body; and who may send it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from starlette.requests import Request

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import InvalidArgument, InvalidRequest, NotPermitted
from segue.limits import TEXT_BYTES
from segue.texts import cleaned, cut
from segue.web.api.json_reading import Extra, fill, parsed
from segue.web.api.json_writing import JSON_TYPE
from segue.web.callers import Role, caller_of
from segue.web.refusals import BodyTooLarge, HttpRefusal

LONGEST_QUERY_TEXT = 8_000
"""Characters of a parameter of an address; servers and proxies take no long ones."""

CATALOGUE = "catalogue"
"""Parameter of what is no call of the gRPC API: which catalogue is meant, as requests there have a
field for."""

_LARGE_BYTES = 64 * 1024
"""Reading a larger body takes long enough for others to notice."""

_NUMBERS = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64,
        FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE,
    }
)  # fmt: skip

_RANKS = {Role.GUEST: 0, Role.LISTENER: 1, Role.OWNER: 2}


class MediaTypeUnsupported(HttpRefusal):
    """A body is of another type than it has to be."""

    status = 415
    reason = "MEDIA_TYPE_UNSUPPORTED"
    next_step = "Send JSON, and say so: Content-Type: application/json"


class SignInFirst(NotPermitted):
    """Guests may not do this, those who have an account may."""

    reason = "ACCOUNT_NEEDED"
    next_step = "Sign in, or show the owner's token: Authorization: Bearer <token>"


def require(request: Request, least: Role) -> None:
    """See that who sent a request may do so.

    Raises
    ------
    NotPermitted
        When not.
    """
    if _RANKS[caller_of(request).role] >= _RANKS[least]:
        return
    if least is Role.LISTENER:
        raise SignInFirst("this is for those who have an account here")
    raise NotPermitted(
        "only the owner of this stack may do this",
        next_step="Sign in with the owner's token, or show it: Authorization: Bearer <token>",
    )


def path_text(request: Request, name: str) -> str:
    """A text that the path names; raises ``InvalidArgument`` where it is no UTF-8."""
    try:
        return unquote(request.path_params[name], errors="strict")
    except UnicodeDecodeError as exc:
        raise InvalidArgument(name, "is not UTF-8") from exc


def check_query(request: Request, known: Collection[str]) -> None:
    """See that the query of an address names nothing unknown, and nothing twice.

    Raises
    ------
    InvalidArgument
        When it does.
    """
    names = list(request.query_params.multi_items())
    for name, text in names:
        if name not in known:
            told = f"there are {', '.join(known)}" if known else "there is none"
            raise InvalidArgument(cut(name, 100), f"no such parameter; {told}")
        if len(text) > LONGEST_QUERY_TEXT:
            raise InvalidArgument(name, f"has over {LONGEST_QUERY_TEXT} characters")
    if len({name for name, _ in names}) < len(names):
        raise InvalidRequest("a parameter of the address stands there twice")


def catalogue_of(request: Request) -> str:
    """The catalogue that the query of an address names; empty: the default one."""
    return request.query_params.get(CATALOGUE, DEFAULT_CATALOGUE)


def fill_from_query(message: Message, request: Request, *, without: Collection[str]) -> None:
    """Set fields of a message from the query of an address.

    Lists are separated by commas; what is a message itself is given as JSON.

    Raises
    ------
    InvalidArgument
        As :func:`segue.web.api.json_reading.fill`.
    """
    fields = {field.name: field for field in message.DESCRIPTOR.fields if field.name not in without}
    check_query(request, fields)
    given = {
        name: _from_query(fields[name], text) for name, text in request.query_params.multi_items()
    }
    fill(message, given)


def _from_query(field: Any, text: str) -> Any:
    if field.is_repeated:
        return [one for one in text.split(",") if one]
    if field.message_type is not None:
        return parsed(text)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"true": True, "false": False}.get(text, text)
    if field.cpp_type in _NUMBERS:
        try:
            number = parsed(text)
        except InvalidRequest:
            number = None
        if number is None:
            raise InvalidArgument(field.name, "must be a number")
        return number
    return text


async def fill_from_body(
    message: Message,
    request: Request,
    *,
    without: Collection[str] = (),
    extras: Mapping[str, Extra] | None = None,
) -> None:
    """Set fields of a message from the body of a request; an empty one says nothing.

    Raises
    ------
    MediaTypeUnsupported
        When the body is of another type.
    InvalidArgument
        As :func:`segue.web.api.json_reading.fill`.
    """
    body = await json_body(request)

    def read() -> None:
        if body:
            fill(message, parsed(body), without=without, extras=extras)

    if len(body) > _LARGE_BYTES:
        await asyncio.to_thread(read)
    else:
        read()


async def json_body(request: Request) -> bytes:
    """The bytes of a JSON body, which may be none at all.

    Raises
    ------
    MediaTypeUnsupported
        When it is of another type.
    """
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != JSON_TYPE:
        raise MediaTypeUnsupported(f"the body is {kind or 'of no named type'}, not {JSON_TYPE}")
    return body


def file_name_of(request: Request) -> str:
    """Name of the file that a body is, from ``X-File-Name``: percent-encoded, without folders."""
    sent = unquote(request.headers.get("x-file-name", ""), errors="replace")
    return cut(cleaned(PurePosixPath(sent.replace("\\", "/")).name), TEXT_BYTES["file_name"])


async def pieces_of(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body of a request piece by piece, where it may have fewer bytes than bodies have.

    Raises
    ------
    BodyTooLarge
        As soon as there are more than ``most_bytes``.
    """
    left = most_bytes
    async for piece in request.stream():
        left -= len(piece)
        if left < 0:
            raise BodyTooLarge(f"the body has over {most_bytes} bytes")
        yield piece
