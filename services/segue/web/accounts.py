"""Accounts of those who listen: made by ``segue users``, seen at once by all replicas."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from segue.errors import InvalidRequest, NotFound
from segue.secret_file import make_secret, read_secret
from segue.texts import shown
from segue.web.account_file import LONGEST_NAME, Account, AccountFile, Credential, Register
from segue.web.callers import OWNER_AS_LISTENER
from segue.web.passwords import (
    MOST_CHARACTERS,
    app_password,
    digest_of_key,
    hash_password,
    password_fits,
    same,
    token_fits,
)

LEAST_CHARACTERS = 8
MOST_CREDENTIALS = 50
"""API keys, and app passwords, of one account."""

_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._@-]{{0,{LONGEST_NAME - 1}}}")
_LABEL_CHARACTERS = 100


class AccountRefused(InvalidRequest):
    """An account cannot be made or changed like this."""

    reason = "ACCOUNT_REFUSED"
    next_step = "See: segue users --help"


class AccountNotFound(NotFound):
    """No account has this name, or it has no such key."""

    reason = "ACCOUNT_NOT_FOUND"
    next_step = "See which there are: segue users list"


class Accounts:
    """All accounts. Every method reads or writes files, and raises ``AccountsUnusable``.

    Names are told apart without regard to case.

    Parameters
    ----------
    folder
        That all replicas share.
    """

    def __init__(self, folder: Path) -> None:
        self._file = AccountFile(folder)
        self._key_file = folder / "app-password-key"
        self._by_key: tuple[Register, dict[str, Account]] = (Register(), {})

    def every(self) -> list[Account]:
        """All accounts, by name."""
        return [account for _, account in sorted(self._file.read().accounts.items())]

    def get(self, name: str) -> Account | None:
        """The account of this name, or None."""
        return self._file.read().accounts.get(name.lower())

    def retired(self) -> frozenset[str]:
        """Ids of accounts that were removed."""
        return frozenset(self._file.read().retired)

    def verify_password(self, name: str, password: str) -> Account | None:
        """The account whose name and password these are, or None.

        Takes about a quarter of a second of one core, as long for a name that is none: call it in
        a thread.
        """
        account = self.get(name)
        kept = account.password if account else ""
        fits = password_fits(password, kept or self._nobodys)
        return account if fits and kept else None

    def by_api_key(self, api_key: str) -> Account | None:
        """The account that has this API key, or None."""
        register = self._file.read()
        known, by_key = self._by_key
        if known is not register:
            accounts = register.accounts.values()
            by_key = {key.sha256: one for one in accounts for key in one.api_keys}
            self._by_key = (register, by_key)
        return by_key.get(digest_of_key(api_key))

    def by_app_password(self, name: str, password: str) -> Account | None:
        """The account that has this app password, or None."""
        return self._by_password(name, lambda one: same(one, password))

    def by_token(self, name: str, token: str, salt: str) -> Account | None:
        """The account one of whose app passwords gives this token of Subsonic's, or None.

        All its app passwords are tried, and one for a name that is none.
        """
        return self._by_password(name, lambda one: token_fits(token, salt, one))

    def add(self, name: str, password: str = "") -> Account:
        """Make an account; without a password nobody signs in to it by one.

        Nothing that was an earlier account's of the same name is the new one's.

        Raises
        ------
        AccountRefused
            When the name is taken or cannot be one, or the password is too short.
        """
        if not _NAME.fullmatch(name):
            raise AccountRefused(
                f"{shown(name)!r} is no name: at most {LONGEST_NAME} ASCII letters, digits and "
                "._@-, with a letter or digit first"
            )
        if name.lower() == OWNER_AS_LISTENER:
            raise AccountRefused(
                f"{name!r} is who the owner of the stack is recorded as",
                next_step="Choose another name. The owner needs no account: segue page",
            )
        kept = _hashed(password) if password else ""
        with self._file.changing() as register:
            taken = register.accounts.get(name.lower())
            if taken is not None:
                raise AccountRefused(
                    f"there is an account {taken.name!r}",
                    next_step="Choose another name, or change that account.",
                )
            account = Account(name, register.new_id(name), time.time(), kept)
            register.accounts[name.lower()] = account
        return account

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password.

        Raises
        ------
        AccountNotFound, AccountRefused
            When there is no such account, or the password is too short.
        """
        kept = _hashed(password)
        with self._file.changing() as register:
            register.accounts[name.lower()] = replace(_named(register, name), password=kept)

    def add_api_key(self, name: str, label: str = "") -> tuple[Credential, str]:
        """Make an API key: what is listed of it, and the key, which is not kept.

        Raises
        ------
        AccountNotFound, AccountRefused
            When there is no such account, or it has too many.
        """
        api_key = f"segue-{secrets.token_urlsafe(32)}"
        made = replace(_new_credential(label), sha256=digest_of_key(api_key))
        with self._file.changing() as register:
            account = _named(register, name)
            kept = _with(account.api_keys, made)
            register.accounts[name.lower()] = replace(account, api_keys=kept)
        return made, api_key

    def add_app_password(self, name: str, label: str = "") -> tuple[Credential, str]:
        """Make an app password: what is listed of it, and the password.

        Raises
        ------
        AccountNotFound, AccountRefused
            When there is no such account, or it has too many.
        SecretFileUnusable
            When the key that they follow from cannot be read or written.
        """
        make_secret(self._key_file)
        made = _new_credential(label)
        password = self._app_password(made.credential_id)
        with self._file.changing() as register:
            account = _named(register, name)
            kept = _with(account.app_passwords, made)
            register.accounts[name.lower()] = replace(account, app_passwords=kept)
        return made, password

    def revoke(self, name: str, credential_id: str) -> None:
        """Let an API key or an app password be none any more.

        Raises
        ------
        AccountNotFound
            When there is no such account, or it has none of this id.
        """
        with self._file.changing() as register:
            account = _named(register, name)
            keys = _without(account.api_keys, credential_id)
            passwords = _without(account.app_passwords, credential_id)
            if (keys, passwords) == (account.api_keys, account.app_passwords):
                raise AccountNotFound(
                    f"{account.name!r} has no API key or app password {shown(credential_id)!r}"
                )
            register.accounts[name.lower()] = replace(
                account, api_keys=keys, app_passwords=passwords
            )

    def remove(self, name: str) -> Account:
        """Remove an account, and give what it was; its id is nobody's from then on.

        Raises
        ------
        AccountNotFound
            When there is none of this name.
        """
        with self._file.changing() as register:
            account = _named(register, name)
            del register.accounts[name.lower()]
            register.retired.add(account.account_id)
        return account

    @cached_property
    def _nobodys(self) -> str:
        return hash_password(secrets.token_hex())

    def _by_password(self, name: str, fits: Callable[[str], bool]) -> Account | None:
        account = self.get(name)
        ids = [one.credential_id for one in account.app_passwords] if account else []
        found = [fits(self._app_password(one)) for one in ids or ["nobody"]]
        return account if ids and any(found) else None

    def _app_password(self, credential_id: str) -> str:
        return app_password(self._key, credential_id)

    @cached_property
    def _key(self) -> str:
        make_secret(self._key_file)
        return read_secret(self._key_file)


def _hashed(password: str) -> str:
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise AccountRefused(
            f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters",
            next_step="Choose another one: four words that do not belong together are easy to keep "
            "in mind.",
        )
    return hash_password(password)


def _named(register: Register, name: str) -> Account:
    account = register.accounts.get(name.lower())
    if account is None:
        raise AccountNotFound(f"there is no account {shown(name)!r}")
    return account


def _new_credential(label: str) -> Credential:
    if len(label) > _LABEL_CHARACTERS or not label.isprintable():
        raise AccountRefused(f"a label has at most {_LABEL_CHARACTERS} printable characters")
    return Credential(secrets.token_hex(4), label, time.time())


def _with(kept: tuple[Credential, ...], made: Credential) -> tuple[Credential, ...]:
    if len(kept) >= MOST_CREDENTIALS:
        raise AccountRefused(
            f"an account has at most {MOST_CREDENTIALS} of them",
            next_step="Revoke those that are not used: segue users revoke",
        )
    return (*kept, made)


def _without(kept: tuple[Credential, ...], credential_id: str) -> tuple[Credential, ...]:
    return tuple(one for one in kept if one.credential_id != credential_id)
