"""Codes by which a link signs the owner in: made from the owner's token, good once, briefly.

An address stays in histories and logs, so the token itself is no part of one. Whoever has the token
can make and check a code, and needs nobody else for that.
"""

from __future__ import annotations

import hmac
import re
import secrets

LIFETIME_SECONDS = 900

_FORM = re.compile(r"([0-9a-f]{8,12})-([0-9a-f]{24})-([0-9a-f]{64})")


def make_code(token: str, now: float, lifetime_seconds: float = LIFETIME_SECONDS) -> str:
    """A new code for whoever is to be known as the token's owner.

    Parameters
    ----------
    now
        Seconds since 1970.
    """
    expires, nonce = f"{int(now + lifetime_seconds):08x}", secrets.token_hex(12)
    return f"{expires}-{nonce}-{_mac(token, expires, nonce)}"


def sign_in_link(page: str, token: str, now: float) -> str:
    """Address by which the owner is signed in at a page.

    Parameters
    ----------
    page
        Its address, with the slash at its end.
    """
    return f"{page}#/sign-in?code={make_code(token, now)}"


def nonce_of(code: str, token: str, now: float) -> str:
    """The part of a code that tells it from others; empty when the code does not hold.

    Whether it was used before, the caller has to know.
    """
    match = _FORM.fullmatch(code)
    if match is None or not token:
        return ""
    expires, nonce, mac = match.groups()
    fits = hmac.compare_digest(mac, _mac(token, expires, nonce))
    return nonce if fits and now <= int(expires, 16) else ""


def _mac(token: str, expires: str, nonce: str) -> str:
    return hmac.digest(token.encode(), f"segue sign-in {expires} {nonce}".encode(), "sha256").hex()
