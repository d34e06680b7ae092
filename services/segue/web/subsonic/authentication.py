"""Who calls: by API key, by a token of an app password, or by the app password itself.

The page's password is not heeded here: many clients put what they have into addresses, which end
in the logs of proxies, and it opens more than music.
"""

from __future__ import annotations

from segue.web.account_file import Account
from segue.web.accounts import Accounts
from segue.web.attempts import Attempts
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.parameters import Parameters

LONGEST = 1_024
"""Characters of what a call shows. It is kept and hashed before it is known whose it is."""

_ENCODED = "enc:"


class Authentication:
    """Finds out whose a call is, and slows down those who guess."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._attempts = Attempts()

    def account_of(self, parameters: Parameters, machine: str) -> Account:
        """The account that a call is of.

        Parameters
        ----------
        machine
            From which the call comes.

        Raises
        ------
        SubsonicError
            When it says nothing of who it is, contradicts itself, or is wrong.
        Overloaded
            ``TOO_MANY_ATTEMPTS``, when it was wrong too often.
        AccountsUnusable, SecretFileUnusable
            When accounts cannot be read.
        """
        _check(parameters)
        if parameters.given("apiKey"):
            self._attempts.check(machine)
            account = self._accounts.by_api_key(parameters.get("apiKey"))
            if account is None:
                self._attempts.failed(machine)
                raise SubsonicError(
                    Code.WRONG_API_KEY, "Invalid API key. Make one with: segue users api-key NAME"
                )
            return account
        name = parameters.get("u")
        self._attempts.check(machine, name)
        account = self._by_password(parameters)
        if account is None:
            self._attempts.failed(machine, name)
            raise SubsonicError(
                Code.WRONG_CREDENTIALS,
                "Wrong username or password. Players want an app password, not that of the page: "
                "segue users app-password NAME",
            )
        self._attempts.succeeded(machine, name)
        return account

    def _by_password(self, parameters: Parameters) -> Account | None:
        name = parameters.get("u")
        if parameters.given("p"):
            return self._accounts.by_app_password(name, _decoded(parameters.get("p")))
        return self._accounts.by_token(name, parameters.get("t"), parameters.get("s"))


def _check(parameters: Parameters) -> None:
    """See that a call shows one thing, and all of it, in bounds."""
    for name in ("u", "p", "t", "s", "apiKey"):
        if len(parameters.get(name)) > LONGEST:
            raise SubsonicError(Code.GENERIC, f"{name} has over {LONGEST} characters")
    if parameters.given("apiKey"):
        if any(parameters.given(name) for name in "upts"):
            raise SubsonicError(
                Code.CONFLICTING_MECHANISMS,
                "Multiple conflicting authentication mechanisms provided: apiKey stands alone",
            )
        return
    parameters.required("u")
    if parameters.given("p"):
        if parameters.given("t"):
            raise SubsonicError(
                Code.CONFLICTING_MECHANISMS,
                "Multiple conflicting authentication mechanisms provided: p or t, not both",
            )
        return
    parameters.required("t")
    parameters.required("s")


def _decoded(password: str) -> str:
    if not password.startswith(_ENCODED):
        return password
    try:
        return bytes.fromhex(password.removeprefix(_ENCODED)).decode()
    except ValueError:
        return password
