"""Page tokens: where the next page starts, bound to the request that asked for the first.

A token is base64url text of ``mark | cursor``. The mark is a keyed hash of the cursor and of the
request without its paging fields, so a token changed on the way, or sent with another request, is
recognised. The key is not secret: a cursor reveals nothing and allows nothing.
"""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
from typing import Any

from segue.errors import InvalidArgument, InvalidPageToken

_MARK_BYTES = 12


def page_size(requested: int, *, default: int, largest: int) -> int:
    """Page size to use; 0 asks for the default.

    Raises
    ------
    InvalidArgument
        When it is negative or above ``largest``.
    """
    if not 0 <= requested <= largest:
        raise InvalidArgument("page_size", f"{requested} lies outside [0, {largest}]")
    return requested or default


class PageBinding:
    """Makes and reads the tokens of one request.

    A token is bound to what the pages of a request have in common: all of it but the paging fields.
    ``scope`` is bound too (the embedding space, for example). The hash over the request is only
    computed when a token is read or made; the request must not change until then.
    """

    def __init__(self, request: Any, scope: str = "") -> None:
        self._token: str = request.page_token
        self._request = request
        self._scope = scope
        self._fingerprint: bytes | None = None

    def cursor(self) -> str | None:
        """Cursor in the request's token; None for the first page.

        Raises
        ------
        InvalidPageToken
            When the token was not made for this request.
        """
        if not self._token:
            return None
        try:
            raw = base64.urlsafe_b64decode(self._token.encode("ascii"))
            cursor = raw[_MARK_BYTES:].decode("utf-8")
        except (binascii.Error, UnicodeError, ValueError) as exc:
            raise InvalidPageToken("page_token was not made by this service") from exc
        # Decoding skips what is not base64, so the text is compared too.
        if self.token(cursor) != self._token:
            raise InvalidPageToken("page_token belongs to another request")
        return cursor

    def offset(self) -> int:
        """Cursor as the number of answers on the pages before; 0 for the first page."""
        cursor = self.cursor()
        return 0 if cursor is None else int(cursor)

    def token(self, cursor: str) -> str:
        """Token of the page that starts at ``cursor``."""
        raw = self._mark(cursor) + cursor.encode("utf-8")
        return base64.urlsafe_b64encode(raw).decode("ascii")

    def _mark(self, cursor: str) -> bytes:
        if self._fingerprint is None:
            name = f"{type(self._request).__name__}\x1f{self._scope}\x1f"
            common = copy.copy(self._request)
            common.ClearField("page_size")
            common.ClearField("page_token")
            content = common.SerializeToString(deterministic=True)
            self._fingerprint = hashlib.blake2b(name.encode("utf-8") + content).digest()
        return hashlib.blake2b(
            cursor.encode("utf-8"), key=self._fingerprint, digest_size=_MARK_BYTES
        ).digest()
