"""Page tokens: where the next page starts, bound to the request that asked for the first.

A token is base64url text of ``mark | cursor``. The mark is a keyed hash of the cursor and of the
request without its paging fields. The key is secret: only the service itself makes tokens, so
nobody chooses how deep a page lies, or sends a cursor that no page ended with.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Any, TypeVar

from google.protobuf.message import Message

from segue.errors import InvalidPageToken
from segue.limits import LARGEST_LIST_BYTES
from segue.turns import paced

A = TypeVar("A")
M = TypeVar("M", bound=Message)
R = TypeVar("R")

_MARK_BYTES = 16
_LONGEST_TOKEN = 8_192
"""A search's holds five bytes for each of at most 1,000 tracks that it has shown."""

_PAGING = ("page_size", "page_token")

_OFFSET = re.compile(r"[0-9]{1,9}")

_ENTRY_BYTES = 6
"""Most that the number of its field and its length add to an entry below 256 MiB."""


def page_size(requested: int, *, default: int, largest: int) -> int:
    """Page size to use: ``default`` for 0 and less, at most ``largest``."""
    return min(requested, largest) if requested > 0 else default


class Room:
    """What is left of the size of one answer, as its list is filled with ``most`` bytes."""

    def __init__(self, most: int = LARGEST_LIST_BYTES) -> None:
        self._most = most
        self._size = 0

    def takes(self, *entries: Message) -> bool:
        """Take entries that belong together, if there is room; the first are always taken."""
        size = 0
        for entry in entries:
            size += entry.ByteSize() + _ENTRY_BYTES
        if self._size and self._size + size > self._most:
            return False
        self._size += size
        return True

    def held(self, entries: Iterable[Message]) -> int:
        """Take entries while there is room; how many were taken."""
        return sum(1 for _ in takewhile(self.takes, entries))


def parts(entries: Sequence[M]) -> Iterator[tuple[Sequence[M], bool]]:
    """A list in as many parts as it takes answers, each with whether another follows.

    An empty list is one part.
    """
    start = 0
    while True:
        end = start + Room().held(islice(entries, start, None))
        yield entries[start:end], end < len(entries)
        start = end
        if start >= len(entries):
            return


async def fitting_page(
    read: Callable[[int], Awaitable[tuple[Sequence[A], R]]], write: Callable[[A], M], size: int
) -> tuple[list[M], R]:
    """One page, which ends early when one answer would not hold it.

    Only the store knows where the page after a given one starts, so a page that is too large is
    read again as a shorter one. That is rare: a page is large when its texts are near their limits.

    Parameters
    ----------
    read
        Gives a page of at most so many entries, and what belongs to it: its cursor above all.
    write
        Gives the message of an entry.

    Returns
    -------
    tuple
        The messages, and what belongs to their page.
    """
    while True:
        page, beside = await read(size)
        written = await paced(write, page)
        size = Room().held(written)
        if size == len(written):
            return written, beside


class PageTokens:
    """Makes and reads page tokens with one key.

    Parameters
    ----------
    secret
        What the key is derived from, the same for all replicas of a service: a token of one is
        then good for the others. Empty: a key that lives as long as this process.
    """

    def __init__(self, secret: str = "") -> None:
        material = secret.encode("utf-8") if secret else secrets.token_bytes(32)
        self._key = hashlib.blake2b(material, person=b"segue page keys").digest()

    def binding(self, request: Any, scope: str = "") -> PageBinding:
        """The tokens of one request; ``scope`` is bound too (the embedding space, for example)."""
        return PageBinding(self._key, request, scope)


class PageBinding:
    """Makes and reads the tokens of one request.

    A token is bound to what the pages of a request have in common: all of it but the paging fields.
    The hash over the request is only computed when a token is read or made; the request must not
    change until then.
    """

    def __init__(self, key: bytes, request: Any, scope: str) -> None:
        self._key = key
        self._token: str = request.page_token
        self._request = request
        self._scope = scope
        self._fingerprint: bytes | None = None

    def raw_cursor(self) -> bytes | None:
        """Cursor in the request's token; None for the first page.

        Raises
        ------
        InvalidPageToken
            When the token was not made for this request, by a service with this key.
        """
        if not self._token:
            return None
        if len(self._token) > _LONGEST_TOKEN:
            raise _not_ours()
        try:
            raw = base64.urlsafe_b64decode(self._token.encode("ascii"))
        except (binascii.Error, UnicodeError, ValueError) as exc:
            raise _not_ours() from exc
        cursor = raw[_MARK_BYTES:]
        # Decoding skips what is not base64, so the text is compared too.
        if not hmac.compare_digest(self.token(cursor), self._token):
            raise _not_ours()
        return cursor

    def cursor(self) -> str | None:
        """The cursor of :meth:`raw_cursor`, where it is text.

        Raises
        ------
        InvalidPageToken
            As :meth:`raw_cursor`, and when it is none.
        """
        cursor = self.raw_cursor()
        try:
            return None if cursor is None else cursor.decode("utf-8")
        except UnicodeError as exc:
            raise _not_ours() from exc

    def offset(self) -> int:
        """Cursor as the number of answers on the pages before; 0 for the first page.

        Raises
        ------
        InvalidPageToken
            As :meth:`cursor`, and when the cursor is no number.
        """
        cursor = self.cursor()
        if cursor is None:
            return 0
        if not _OFFSET.fullmatch(cursor):
            raise InvalidPageToken("page_token holds no place in a list of answers")
        return int(cursor)

    def token(self, cursor: str | bytes) -> str:
        """Token of the page that starts at ``cursor``."""
        raw = cursor.encode("utf-8") if isinstance(cursor, str) else cursor
        return base64.urlsafe_b64encode(self._mark(raw) + raw).decode("ascii")

    def _mark(self, cursor: bytes) -> bytes:
        if self._fingerprint is None:
            kind = f"{type(self._request).__name__}\x1f{self._scope}\x1f"
            content = _without_paging(self._request)
            self._fingerprint = hashlib.blake2b(kind.encode("utf-8") + content).digest()
        return hashlib.blake2b(
            self._fingerprint + cursor, key=self._key, digest_size=_MARK_BYTES
        ).digest()


def _without_paging(request: Any) -> bytes:
    """What the requests for all pages of a list have in common, as bytes."""
    # The fields are taken out for a moment: a copy of the request would take longer.
    taken = {name: getattr(request, name) for name in _PAGING if hasattr(request, name)}
    try:
        for name in taken:
            request.ClearField(name)
        content: bytes = request.SerializeToString(deterministic=True)
    finally:
        for name, value in taken.items():
            setattr(request, name, value)
    return content


def _not_ours() -> InvalidPageToken:
    return InvalidPageToken("page_token was not made by this service for this request")
