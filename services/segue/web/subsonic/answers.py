"""What is answered, in the API's envelope: XML where clients ask for nothing else, or JSON.

Both are written from the same dictionaries. In XML a plain value is an attribute, an object an
element, and each of a list an element of the list's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

import segue
from segue.web.subsonic.errors import Code

API_VERSION = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"

HEADERS = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
"""Players that run in a browser come from elsewhere. What they may is told by what they send, and
never by a cookie, so any page may ask."""

_TEXT = "value"
"""Name of what is an element's text, such as that of a genre."""

_ELEMENTS = {("sonicMatch", "similarity")}
"""Plain values that are elements of their own, as other servers write them."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(payload: Mapping[str, Any], *, as_json: bool) -> Response:
    """What was asked for."""
    return _envelope({"status": "ok"}, payload, as_json=as_json)


def failure(code: Code, message: str, *, as_json: bool, status: int = 200) -> Response:
    """An error; clients look for it in an answer with status 200."""
    error = {"error": {"code": int(code), "message": message}}
    response = _envelope({"status": "failed"}, error, as_json=as_json)
    response.status_code = status
    return response


def _envelope(outcome: Mapping[str, str], payload: Mapping[str, Any], *, as_json: bool) -> Response:
    head = {
        **outcome,
        "version": API_VERSION,
        "type": "segue",
        "serverVersion": segue.__version__,
        "openSubsonic": True,
    }
    if as_json:
        text = json.dumps({"subsonic-response": {**head, **payload}}, separators=(",", ":"))
        return Response(text, headers=HEADERS, media_type="application/json")
    body = _element("subsonic-response", {"xmlns": NAMESPACE, **head, **payload})
    declared = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Response(declared.encode(), headers=HEADERS, media_type="text/xml; charset=utf-8")


def _element(name: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"<{name}>{escape(_plain(value))}</{name}>"
    attributes, children = [], []
    for key, one in value.items():
        if isinstance(one, (list, tuple)):
            children += [_element(key, each) for each in one]
        elif isinstance(one, Mapping) or (name, key) in _ELEMENTS:
            children.append(_element(key, one))
        elif key == _TEXT:
            children.append(escape(_plain(one)))
        else:
            attributes.append(f" {key}={quoteattr(_plain(one))}")
    inner = "".join(children)
    opening = f"<{name}{''.join(attributes)}"
    return f"{opening}>{inner}</{name}>" if inner else f"{opening}/>"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("\ufffd", str(value))
