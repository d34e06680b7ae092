"""The file of accounts: read again when it has changed, written whole, one writer at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from segue.durable import write_private
from segue.errors import SegueError

LONGEST_NAME = 64
"""Characters that the name of an account may have."""

_VERSION = 2
_VERSION_WITHOUT_IDS = 1
_NUMBERED = "~"
"""Between the name and the number of an id; no name has it."""


class AccountsUnusable(SegueError):
    """The file of accounts cannot be read or written, or holds something else."""

    reason = "ACCOUNTS_UNUSABLE"
    next_step = (
        "Run the command as the user who started the stack. A file that is named as damaged: bring "
        "it back from a backup, or remove it and add the accounts again, which are then whose "
        "names they have."
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
    account_id
        By which all that is kept of the account is known: no other account ever gets it, also not
        one of the same name. It is the name, where no earlier account had that.
    password
        As :func:`segue.web.passwords.hash_password` makes it; empty: no password fits.
    """

    name: str
    account_id: str
    made_at: float
    password: str = ""
    api_keys: tuple[Credential, ...] = field(default=())
    app_passwords: tuple[Credential, ...] = field(default=())


def name_of(account_id: str) -> str:
    """The name of the account that has or had an id."""
    return account_id.partition(_NUMBERED)[0]


@dataclass(slots=True)
class Register:
    """All accounts that there are, and the ids of those that there were.

    Attributes
    ----------
    accounts
        By their names in small letters.
    retired
        Ids of accounts that were removed.
    older
        Whether accounts were removed before their ids were kept: any name may have been one.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    older: bool = False

    def new_id(self, name: str) -> str:
        """An id for a new account of this name."""
        retired = {one.lower() for one in self.retired}
        if not self.older and name.lower() not in retired:
            return name
        numbered = (f"{name}{_NUMBERED}{number}" for number in count(2))
        return next(one for one in numbered if one.lower() not in retired)


class AccountFile:
    """``accounts.json`` in the folder that all replicas share; mode 0600.

    On a network file system its lock wants NFS 4.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "accounts.json"
        self._seen: tuple[int, int, int] | None = None
        self._register = Register()

    def read(self) -> Register:
        """What is registered, to be left as it is: the same object while nothing changes.

        Costs one ``stat`` then.

        Raises
        ------
        AccountsUnusable
            When the file cannot be read, or is damaged.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen = None
            self._register = Register()
            return self._register
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be read: {exc.strerror}") from exc
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._register = self._load()
            self._seen = seen
        return self._register

    @contextmanager
    def changing(self) -> Iterator[Register]:
        """The register, to be changed in place; written when the block ends without an error.

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
            now = self.read()
            changed = Register(dict(now.accounts), set(now.retired), now.older)
            yield changed
            self._write(changed)
        finally:
            os.close(lock)

    def _load(self) -> Register:
        try:
            read = json.loads(self._path.read_text("utf-8"))
            if read["version"] == _VERSION_WITHOUT_IDS:
                read |= {"retired": [], "older": True}
                for fields in read["accounts"]:
                    fields["account_id"] = fields["name"]
            elif read["version"] != _VERSION:
                raise AccountsUnusable(
                    f"{self._path} was written by another version of Segue",
                    next_step="Bring Segue up to date.",
                )
            accounts = {one["name"].lower(): _account(one) for one in read["accounts"]}
            return Register(accounts, set(read["retired"]), bool(read["older"]))
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be read: {exc.strerror}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise AccountsUnusable(f"{self._path} is damaged") from exc

    def _write(self, register: Register) -> None:
        fields = {
            "version": _VERSION,
            "accounts": [asdict(one) for _, one in sorted(register.accounts.items())],
            "retired": sorted(register.retired),
            "older": register.older,
        }
        text = json.dumps(fields, indent=1)
        try:
            write_private(self._path, f"{text}\n".encode())
        except OSError as exc:
            raise AccountsUnusable(f"{self._path} cannot be written: {exc.strerror}") from exc


def _account(fields: dict[str, Any]) -> Account:
    kept = {
        name: tuple(Credential(**one) for one in fields[name])
        for name in ("api_keys", "app_passwords")
    }
    return Account(**{**fields, **kept})
