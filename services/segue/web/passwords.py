"""Passwords of accounts: those of people, kept as hashes, and those that the service made itself.

Clients of Subsonic's token scheme send ``md5(password + salt)``, which only somebody who has the
password can check. Such app passwords are not stored: each follows from a key, in a file of its
own, and from an id. Who reads the file of accounts learns none, and an id that is struck out is a
password that is none any more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_SCHEME = "scrypt"
_COST, _BLOCK, _PARALLEL = 2**15, 8, 3
_MEMORY = 64 * 1024 * 1024
_SALT_BYTES = 16
_APP_PASSWORD_CHARACTERS = 24
"""Of five bits each: nobody tries through 120 bits."""

MOST_CHARACTERS = 1_024


def hash_password(password: str) -> str:
    """What is kept of a person's password: scrypt with the cost that OWASP names (N = 2^15, p = 3).

    Takes about a quarter of a second and 32 MiB.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"{_SCHEME}${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${key.hex()}"


def password_fits(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept; as slow as :func:`hash_password`."""
    if len(password) > MOST_CHARACTERS:
        return False
    _, cost, block, parallel, salt, key = kept.split("$")
    tried = _scrypt(password, bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(tried, bytes.fromhex(key))


def app_password(key: str, password_id: str) -> str:
    """The app password of this id, of 24 small letters and digits.

    Parameters
    ----------
    key
        Of the service alone.
    """
    mac = hmac.digest(key.encode(), f"segue app password {password_id}".encode(), "sha256")
    return base64.b32encode(mac).decode().lower()[:_APP_PASSWORD_CHARACTERS]


def token_fits(token: str, salt: str, password: str) -> bool:
    """Whether a token of Subsonic's is ``md5(password + salt)``; in the same time for any token."""
    expected = hashlib.md5((password + salt).encode(), usedforsecurity=False).hexdigest()
    return same(token.lower(), expected)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in the same time wherever they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def digest_of_key(api_key: str) -> str:
    """What is kept of an API key; it has 256 random bits, so a plain SHA-256 hides it."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32
    )
