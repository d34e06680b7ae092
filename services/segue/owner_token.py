"""The token by which the owner of a stack is known: kept in a file, sent with calls.

Whoever reads the file is the owner. It travels as gRPC metadata, ``authorization: Bearer <token>``.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path

from segue.secret_file import SECRET_FORM, is_secret, read_secret
from segue.settings import AccessSettings, InvalidSetting, variable_name

METADATA_KEY = "authorization"

_SCHEME = "bearer"


def token_of(settings: AccessSettings) -> str:
    """The token that the settings give, or name a file of; empty when they do neither.

    Raises
    ------
    SecretFileUnusable
        As :func:`segue.secret_file.read_secret`.
    InvalidSetting
        When the given text can be no token.
    """
    if settings.owner_token:
        if not is_secret(settings.owner_token):
            raise InvalidSetting(f"{variable_name('owner_token')} is not {SECRET_FORM}")
        return settings.owner_token
    return read_secret(Path(settings.owner_token_file)) if settings.owner_token_file else ""


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
