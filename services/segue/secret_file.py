"""Secrets in files that only their owner may read: made once, by whoever comes first."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from segue.durable import write_private_once
from segue.errors import SegueError

LEAST_CHARACTERS = 16
SECRET_FORM = f"one word of at least {LEAST_CHARACTERS} printable ASCII characters"


class SecretFileUnusable(SegueError):
    """A file with a secret cannot be made or read, or holds something else."""

    reason = "SECRET_FILE_UNUSABLE"
    next_step = "Run the command as the user who started the stack, or let that user read the file."


def make_secret(path: Path) -> None:
    """Write a new secret into a file of mode 0600, unless there is one already.

    Raises
    ------
    SecretFileUnusable
        When the file cannot be written.
    """
    if path.exists():
        return
    try:
        with suppress(FileExistsError):  # somebody else was faster
            write_private_once(path, f"{secrets.token_urlsafe(32)}\n".encode())
    except OSError as exc:
        raise SecretFileUnusable(f"{path} cannot be written: {exc.strerror}") from exc


def read_secret(path: Path) -> str:
    """The secret in a file.

    Raises
    ------
    SecretFileUnusable
        When the file cannot be read, or holds something else.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as exc:
        raise SecretFileUnusable(f"the secret in {path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError:
        text = ""
    if not is_secret(text):
        raise SecretFileUnusable(
            f"{path} holds no secret: {SECRET_FORM}",
            next_step="Put one there (openssl rand -hex 32). One that a stack made itself may be "
            "removed: the next start makes another.",
        )
    return text


def is_secret(text: str) -> bool:
    """Whether a text can be a secret: long enough, and fit for metadata and addresses."""
    fit = text.isascii() and text.isprintable() and " " not in text
    return fit and len(text) >= LEAST_CHARACTERS
