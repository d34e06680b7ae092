"""The token by which the owner of a stack is known: made once, kept in a file, sent with calls.

Whoever reads the file is the owner. It travels as gRPC metadata, ``authorization: Bearer <token>``.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from segue.errors import SegueError
from segue.settings import AccessSettings, InvalidSetting, variable_name

METADATA_KEY = "authorization"
LEAST_CHARACTERS = 16

_SCHEME = "bearer"


class TokenFileUnusable(SegueError):
    """The file with the owner's token cannot be made or read, or holds no token."""

    reason = "TOKEN_FILE_UNUSABLE"
    next_step = "Run the command as the user who started the stack, or give that user the file."


def make_token(path: Path) -> None:
    """Write a new token into a file that only its owner may read, unless there is one already.

    Raises
    ------
    TokenFileUnusable
        When the file cannot be written.
    """
    if path.exists():
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(f"{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)  # unlike a rename, it leaves one that came first
        except FileExistsError:
            return
        finally:
            partial.unlink()
    except OSError as exc:
        raise TokenFileUnusable(f"{path} cannot be written: {exc.strerror}") from exc


def read_token(path: Path) -> str:
    """The token in a file.

    Raises
    ------
    TokenFileUnusable
        When the file cannot be read, or holds something else.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it holds other than ASCII"
        raise TokenFileUnusable(f"the owner's token in {path} cannot be read: {why}") from exc
    if not is_token(text):
        raise TokenFileUnusable(
            f"{path} holds no token: one word of at least {LEAST_CHARACTERS} printable characters",
            next_step="Remove the file and start the stack again: it makes a new one.",
        )
    return text


def token_of(settings: AccessSettings) -> str:
    """The token that the settings give, or name a file of; empty when they do neither.

    Raises
    ------
    TokenFileUnusable
        As :func:`read_token`.
    InvalidSetting
        When the given text can be no token.
    """
    if settings.owner_token:
        if not is_token(settings.owner_token):
            raise InvalidSetting(
                f"{variable_name('owner_token')} is not one word of at least {LEAST_CHARACTERS} "
                "printable ASCII characters"
            )
        return settings.owner_token
    return read_token(Path(settings.owner_token_file)) if settings.owner_token_file else ""


def is_token(text: str) -> bool:
    """Whether a text can be a token: long enough, and fit for metadata."""
    return (
        len(text) >= LEAST_CHARACTERS and text.isascii() and text.isprintable() and " " not in text
    )


def token_metadata(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata of a call that shows the token; none for an empty one."""
    return ((METADATA_KEY, f"Bearer {token}"),) if token else ()


def shows_token(metadata: Iterable[tuple[str, str | bytes]], token: str) -> bool | None:
    """Whether a call's metadata show the token; None when they show nothing at all.

    The comparison takes the same time wherever the texts differ.
    """
    shown: bool | None = None
    for key, value in metadata:
        if key != METADATA_KEY:
            continue
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        scheme, _, credential = text.partition(" ")
        fits = hmac.compare_digest(credential.strip().encode(), token.encode())
        shown = scheme.lower() == _SCHEME and bool(token) and fits
        if not shown:
            return False
    return shown
