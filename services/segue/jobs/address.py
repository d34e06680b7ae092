"""Where the queue is, for its two clients: redis-py and Celery."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

from segue.secret_file import read_secret
from segue.settings import QueueSettings


def client_options(settings: QueueSettings) -> dict[str, Any]:
    """What redis-py's ``from_url`` is told of the queue.

    Raises
    ------
    SecretFileUnusable
        When the file with its password cannot be read.
    """
    options: dict[str, Any] = {"url": settings.redis_url}
    if settings.redis_password_file:
        options["password"] = read_secret(Path(settings.redis_password_file))
    return options


def broker_url(settings: QueueSettings) -> str:
    """The same as an address of Celery's, with the password in it.

    Raises
    ------
    SecretFileUnusable
        As :func:`client_options`.
    """
    parts = urlsplit(settings.redis_url)
    password = client_options(settings).get("password") or unquote(parts.password or "")
    if not password and parts.scheme != "unix":
        return settings.redis_url
    place = parts.netloc.rpartition("@")[2]
    user = f"{parts.username or ''}:{quote(password, safe='')}@"
    if parts.scheme != "unix":
        return urlunsplit(parts._replace(netloc=f"{user}{place}"))
    database = parse_qs(parts.query).get("db", ["0"])[0]
    query = urlencode({"virtual_host": database})
    return f"redis+socket://{user if password else ''}{parts.path}?{query}"
