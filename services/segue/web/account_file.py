"""The file of accounts: read again when it has changed, written whole, one writer at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from segue.durable import sync
from segue.errors import SegueError

LONGEST_NAME = 64
"""Characters that the name of an account may have."""

_VERSION = 1


class AccountsUnusable(SegueError):
    """The file of accounts cannot be read or written, or holds something else."""

    reason = "ACCOUNTS_UNUSABLE"
    next_step = (
        "Run the command as the user who started the stack. A file that is named as damaged: bring "
        "it back from a backup, or remove it and add the accounts again."
    )


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or an app password.

    Attributes
    ----------
    credential_id
        By which it is named where it is listed or revoked; no secret.
    label
        What it is for, in its owner's words.
    made_at
        Seconds since 1970.
    sha256
        Of an API key, hex; empty for app passwords, of which nothing is kept.
    """

    credential_id: str
    label: str
    made_at: float
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in.

    Attributes
    ----------
    password
        As :func:`segue.web.passwords.hash_password` makes it; empty: no password fits.
    """

    name: str
    made_at: float
    password: str = ""
    api_keys: tuple[Credential, ...] = field(default=())
    app_passwords: tuple[Credential, ...] = field(default=())


class AccountFile:
    """``accounts.json`` in the folder that all replicas share; mode 0600.

    On a network file system its lock wants NFS 4.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "accounts.json"
        self._seen: tuple[int, int, int] | None = None
        self._accounts: Mapping[str, Account] = {}

    def read(self) -> Mapping[str, Account]:
        """All accounts, by their names in small letters.

        Costs one ``stat`` while nothing changes.

        Raises
        ------
        AccountsUnusable
            When the file cannot be read, or is damaged.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be read: {exc.strerror}") from exc
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._accounts = self._load()
            self._seen = seen
        return self._accounts

    @contextmanager
    def changing(self) -> Iterator[dict[str, Account]]:
        """The accounts, to be changed in place; written when the block ends without an error.

        Raises
        ------
        AccountsUnusable
            When they cannot be read or written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._folder / "accounts.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise AccountsUnusable(f"{self._folder} cannot be written: {exc.strerror}") from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            accounts = dict(self.read())
            yield accounts
            self._write(accounts)
        finally:
            os.close(lock)

    def _load(self) -> Mapping[str, Account]:
        try:
            read = json.loads(self._path.read_text("utf-8"))
            if read["version"] != _VERSION:
                raise AccountsUnusable(
                    f"{self._path} was written by another version of Segue",
                    next_step="Bring Segue up to date.",
                )
            accounts = [_account(fields) for fields in read["accounts"]]
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be read: {exc.strerror}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise AccountsUnusable(f"{self._path} is damaged") from exc
        return {account.name.lower(): account for account in accounts}

    def _write(self, accounts: Mapping[str, Account]) -> None:
        listed = [asdict(accounts[name]) for name in sorted(accounts)]
        text = json.dumps({"version": _VERSION, "accounts": listed}, indent=1)
        partial = self._path.with_name(".accounts.json.new")  # there is one writer at a time
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
            sync(self._folder)
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be written: {exc.strerror}") from exc


def _account(fields: dict[str, Any]) -> Account:
    kept = {
        name: tuple(Credential(**one) for one in fields[name])
        for name in ("api_keys", "app_passwords")
    }
    return Account(**{**fields, **kept})
