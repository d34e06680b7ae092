"""Texts of callers and files: what they may not hold, and how they are shown.

A control character of a title could write to a terminal, a line end could forge a line of a log,
and a URI may carry a password. What callers send is refused (:mod:`segue.limits`), what files say
is cleaned, and whatever is shown, to people or in a log, goes through :func:`shown` or
:func:`without_secrets` first.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
"""What stands in place of a secret."""

# C0 and C1 with DEL, line and paragraph separators, what turns the direction of writing, and halves
# of surrogate pairs, which no encoding can carry.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# To the last character that is no quotation mark or end of a sentence behind it.
_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s\"<>\x00-\x1f]*[^\s\"<>\x00-\x1f'.,:;)\]]", re.IGNORECASE
)
_USER = re.compile(r"(?<=://)[^/?#\s]*@")


def control_character(text: str) -> int | None:
    """Place of the first character in ``text`` that is not writing, counted from 0; or None."""
    found = _CONTROL.search(text)
    return None if found is None else found.start()


def cleaned(text: str) -> str:
    """A text without control characters, with single spaces in their place and at all others."""
    return " ".join(_CONTROL.sub(" ", text).split())


def cut(text: str, largest_bytes: int) -> str:
    """The longest beginning of ``text`` that takes at most ``largest_bytes`` in UTF-8."""
    if len(text) * 4 <= largest_bytes:
        return text
    return text.encode("utf-8", "replace")[:largest_bytes].decode("utf-8", "ignore")


def shown(text: str) -> str:
    r"""A text on one line that a terminal and a log only display: ``\x1b`` instead of an escape."""
    return _CONTROL.sub(_escaped, text)


def shown_uri(uri: str) -> str:
    """A URI without what may be secret in it: user and password, values of the query, fragment.

    Those of a ``file://``, ``spool://`` or ``kept://`` URI stay, as does the query of an ``s3://``
    one: they are part of a name.
    """
    scheme = uri.partition(":")[0].lower()
    if scheme in ("file", "spool", "kept"):
        return uri
    if scheme == "s3":
        place, slash, key = uri.partition("://")[2].partition("/")
        _, at, bucket = place.rpartition("@")
        return f"s3://{HIDDEN + at if at else ''}{bucket}{slash}{key}"
    try:
        parts = urlsplit(uri)
    except ValueError:
        # Not a URI, so nobody can tell what in it is secret.
        return f"{scheme}://{HIDDEN}"
    user, at, host = parts.netloc.rpartition("@")
    del user
    query = "&".join(_without_value(part) for part in parts.query.split("&"))
    return urlunsplit(
        parts._replace(
            netloc=f"{HIDDEN}@{host}" if at else host,
            query=query,
            fragment=HIDDEN if parts.fragment else "",
        )
    )


def without_folders(uri: str) -> str:
    """A ``file://`` or ``s3://`` URI of which only the last name is shown; others as they are."""
    scheme = uri.partition(":")[0].lower()
    if scheme not in ("file", "s3"):
        return uri
    return f"{scheme}://{'/' if scheme == 'file' else ''}{HIDDEN}/{uri.rpartition('/')[2]}"


def without_secrets(text: str) -> str:
    """A text in which every URI is shown as :func:`shown_uri` does."""
    if "://" not in text:
        return text
    return _URL.sub(lambda found: shown_uri(found[0]), _USER.sub(f"{HIDDEN}@", text))


def _without_value(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if equals:
        return f"{name}={HIDDEN}" if value else parameter
    return HIDDEN if name else ""


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
