"""What the page refuses by itself, before anything of it reaches the query service."""

from __future__ import annotations

from typing import ClassVar

from segue.errors import SegueError


class HttpRefusal(SegueError):
    """A request of HTTP that is refused for what it is.

    Attributes
    ----------
    status
        HTTP status of the answer.
    """

    status: ClassVar[int] = 400


class AddressNotFound(HttpRefusal):
    """Nothing is at this address."""

    status = 404
    reason = "ADDRESS_NOT_FOUND"
    next_step = "Begin at the page itself, or see api/openapi.json for the addresses of the API."


class MethodNotAllowed(HttpRefusal):
    """What is at this address is not asked for like this."""

    status = 405
    reason = "METHOD_NOT_ALLOWED"
    next_step = "Use a method that the header Allow names."


class HostUnknown(HttpRefusal):
    """The request names a host that this page does not go by.

    Any web site can have its own name resolve to this machine, and its visitors' browsers take the
    page for a part of that site then.
    """

    status = 421
    reason = "HOST_UNKNOWN"
    next_step = (
        "Open the page by its number or as localhost, or name the host in SEGUE_WEB_HOSTS. Behind "
        "a proxy see docs/page.md."
    )


class OriginForeign(HttpRefusal):
    """A page of somewhere else wants to change something."""

    status = 403
    reason = "ORIGIN_FOREIGN"
    next_step = (
        "Open the page itself. Behind a proxy, let it send the host and the scheme that its "
        "clients see, and name it in SEGUE_WEB_PROXIES."
    )


class PageHeaderMissing(HttpRefusal):
    """A request that changes something comes with a session but not from the page's own code."""

    status = 403
    reason = "PAGE_HEADER_MISSING"
    next_step = "Send X-Segue-Page: 1, or use the API with Authorization: Bearer and no cookie."


class BodyTooLarge(HttpRefusal):
    """The body of a request is larger than any may be here."""

    status = 413
    reason = "BODY_TOO_LARGE"
    next_step = "Send less in one request."


class BodyStalled(HttpRefusal):
    """The body of a request did not come in time."""

    status = 408
    reason = "REQUEST_STALLED"
    next_step = "Send it again without pauses, over a faster connection or in smaller pieces."


class InternalError(HttpRefusal):
    """Something failed that nobody expected to."""

    status = 500
    reason = "INTERNAL"
    next_step = "Try again; see the log of the page (segue web)."
