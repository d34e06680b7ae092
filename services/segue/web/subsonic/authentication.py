"""Who calls: by API key, by a token of an app password, or by the app password itself.

The page's password is not heeded here: many clients put what they have into addresses, which end
in the logs of proxies, and it opens more than music.
"""

from __future__ import annotations

from collections import OrderedDict

from segue.web.account_file import Account
from segue.web.accounts import Accounts
from segue.web.attempts import Attempts
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.parameters import Parameters

MOST_KNOWN = 10_000
"""Places from which accounts were used rightly that are remembered."""

_ENCODED = "enc:"


class Authentication:
    """Finds out whose a call is, and slows down those who guess.

    Wrong credentials count against the machine that they come from, and against the account that
    they name. Many machines that try one account are held up together, but not those from which
    it was used rightly before: no stranger locks its owner out. Kept in memory, by each replica
    for itself.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._attempts = Attempts()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

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
        place = f"machine {machine}"
        if parameters.given("apiKey"):
            self._attempts.check(place)
            account = self._accounts.by_api_key(parameters.get("apiKey"))
            if account is None:
                self._attempts.failed(place)
                raise SubsonicError(
                    Code.WRONG_API_KEY, "Invalid API key. Make one with: segue users api-key NAME"
                )
            return account
        name = parameters.get("u").lower()
        known = (machine, name) in self._known
        who = [place] if known else [place, f"name {name}"]
        self._attempts.check(*who)
        account = self._by_password(parameters)
        if account is None:
            self._attempts.failed(*who)
            raise SubsonicError(
                Code.WRONG_CREDENTIALS,
                "Wrong username or password. Players want an app password, not that of the page: "
                "segue users app-password NAME",
            )
        self._remember(machine, name)
        return account

    def _by_password(self, parameters: Parameters) -> Account | None:
        name = parameters.get("u")
        if parameters.given("p"):
            return self._accounts.by_app_password(name, _decoded(parameters.get("p")))
        return self._accounts.by_token(name, parameters.get("t"), parameters.get("s"))

    def _remember(self, machine: str, name: str) -> None:
        self._known[machine, name] = None
        self._known.move_to_end((machine, name))
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _check(parameters: Parameters) -> None:
    """See that a call shows one thing, and all of it."""
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
