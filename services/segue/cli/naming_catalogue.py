"""Every call of a client names the catalogue that it is about, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

FIELD = "catalogue"


class NamingCatalogue(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]  # grpc ships no types
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
):
    """Sets the catalogue of each request, or of the header of a stream of them, that has one.

    Parameters
    ----------
    check
        Called before the first such call: raises where the service has no such catalogue. One of an
        earlier version would pass over the name, and answer from the default one.
    """

    def __init__(self, catalogue: str, check: Callable[[], None]) -> None:
        self._catalogue = catalogue
        self._check = check
        self._checked = False

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Name the catalogue of a request."""
        return continuation(details, self._named(request))

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Name the catalogue of a request."""
        return continuation(details, self._named(request))

    def intercept_stream_unary(
        self, continuation: Any, details: Any, requests: Iterator[Any]
    ) -> Any:
        """Name the catalogue of the header."""
        self._see_that_it_is_there()
        return continuation(details, map(self._header_named, requests))

    def _named(self, request: Any) -> Any:
        if FIELD in request.DESCRIPTOR.fields_by_name:
            self._see_that_it_is_there()
            request.catalogue = self._catalogue
        return request

    def _header_named(self, part: Any) -> Any:
        if part.HasField("header"):
            part.header.catalogue = self._catalogue
        return part

    def _see_that_it_is_there(self) -> None:
        if not self._checked:
            self._check()
            self._checked = True
